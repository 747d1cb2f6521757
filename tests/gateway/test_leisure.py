"""The pace of long work: it rests, so that others can work meanwhile."""

import asyncio

from gateway.leisure import Leisure, pieces


async def test_what_others_wait_for_comes_between_two_pieces() -> None:
    done: list[str] = []
    asyncio.get_running_loop().call_soon(done.append, "ack")
    await Leisure().give_way()
    done.append("piece")
    assert done == ["ack", "piece"]


async def test_after_some_pieces_the_loop_is_left_to_others_for_a_while() -> None:
    """Until then others get one turn a piece."""
    turns: list[int] = []
    leisure = Leisure()
    other = asyncio.create_task(_count(turns))
    for _ in range(5):
        await leisure.give_way()
    before = len(turns)
    await leisure.give_way()
    other.cancel()
    assert before == 5
    assert len(turns) > before + 1


async def test_a_query_is_answered_after_its_rest() -> None:
    async def asked() -> str:
        return "answer"

    assert await Leisure().query(asked()) == "answer"


def test_pieces_are_the_whole_in_order() -> None:
    assert [list(piece) for piece in pieces(range(25))] == [
        list(range(10)),
        list(range(10, 20)),
        list(range(20, 25)),
    ]


async def _count(turns: list[int]) -> None:
    while True:
        turns.append(len(turns))
        await asyncio.sleep(0)
