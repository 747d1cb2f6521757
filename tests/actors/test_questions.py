"""Queries have a bound, also those that nobody waits for any more."""

import asyncio

import pytest

from actors.link import LinkLost
from actors.questions import MAX_OPEN, Questions
from engine.errors import Wait


async def answer(gate: asyncio.Event) -> str:
    await gate.wait()
    return "yes"


async def lost() -> str:
    raise LinkLost


async def test_an_answer_is_passed_on() -> None:
    gate = asyncio.Event()
    gate.set()
    assert await Questions(1_000).ask(answer(gate)) == "yes"


async def test_an_answer_that_does_not_come_is_a_wait() -> None:
    questions = Questions(10)
    with pytest.raises(Wait, match="does not respond"):
        await questions.ask(lost())
    with pytest.raises(Wait, match="does not respond"):
        await questions.ask(answer(asyncio.Event()))
    await questions.close()


async def test_what_was_given_up_counts_until_it_is_done_with() -> None:
    gate, questions = asyncio.Event(), Questions(10)
    asked = [questions.ask(answer(gate)) for _ in range(MAX_OPEN)]
    given_up = await asyncio.gather(*asked, return_exceptions=True)
    assert {isinstance(outcome, Wait) and outcome.code for outcome in given_up} == {"unavailable"}
    with pytest.raises(Wait, match="200 queries wait") as caught:
        await questions.ask(answer(gate))
    assert (caught.value.status, caught.value.code) == (503, "overloaded")
    gate.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await questions.ask(answer(gate)) == "yes"


async def test_closing_leaves_nothing_under_way() -> None:
    questions = Questions(60_000)
    asked = asyncio.create_task(questions.ask(answer(asyncio.Event())))
    await asyncio.sleep(0)
    await questions.close()
    with pytest.raises(asyncio.CancelledError):
        await asked
