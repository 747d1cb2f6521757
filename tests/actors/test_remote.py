"""What Ray raises, as the rest of the engine sees it."""

import pytest
from ray.exceptions import ActorDiedError, RayError, RayTaskError, WorkerCrashedError

from actors.link import LinkLost
from actors.remote import _answer
from engine.errors import ClientError


async def failing(error: Exception) -> None:
    raise error


def failed_call(cause: Exception) -> RayTaskError:
    return RayTaskError("apply", "", cause)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("error", [ActorDiedError(), WorkerCrashedError(), RayError("the system is ill")])
async def test_whatever_ray_itself_raises_is_a_lost_link(error: RayError) -> None:
    with pytest.raises(LinkLost):
        await _answer(failing(error))


async def test_an_error_of_ours_comes_as_it_was_raised() -> None:
    ours = ClientError("It is odd.")
    with pytest.raises(ClientError) as caught:
        await _answer(failing(failed_call(ours)))
    assert caught.value is ours


async def test_a_failure_in_a_call_is_not_taken_for_a_lost_link() -> None:
    with pytest.raises(RayTaskError):
        await _answer(failing(failed_call(KeyError("x"))))
