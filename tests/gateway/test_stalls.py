"""Who waits too long for a body is cancelled, and nobody else."""

import asyncio

import pytest

from gateway.stalls import Reading, Stalls

TIMEOUT_MS = 20


async def cancelled(stalls: Stalls, begun: list[Reading]) -> bool:
    """Waits for a body that never comes, until it is told so."""
    reading = stalls.begin()
    begun.append(reading)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.Event().wait()
    return reading.is_stalled


async def test_every_one_that_waits_is_cancelled_in_its_time() -> None:
    stalls, begun = Stalls(TIMEOUT_MS), list[Reading]()
    assert await asyncio.gather(*(cancelled(stalls, begun) for _ in range(3))) == [True] * 3


async def test_what_came_on_has_its_whole_time_again() -> None:
    stalls, begun = Stalls(TIMEOUT_MS), list[Reading]()
    first = asyncio.create_task(cancelled(stalls, begun))
    second = asyncio.create_task(cancelled(stalls, begun))
    while len(begun) < 2:
        await asyncio.sleep(0)
    stalls.came_on(begun[0])
    await second
    assert (begun[1].is_stalled, begun[0].since_s > begun[1].since_s) == (True, True)
    assert await first


async def test_what_has_ended_is_left_alone() -> None:
    stalls, begun = Stalls(TIMEOUT_MS), list[Reading]()
    stalls.end(stalls.begin())
    assert await cancelled(stalls, begun)  # the timer that was set for the one that ended goes on for the next
