"""Bodies: limits of size and time hold while the body streams."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Sequence

import pytest
from starlette.types import Message

from engine.config import Server
from engine.errors import ClientError, Wait
from gateway.body import PROGRESS_BYTES, BodyReader, has_come_on
from gateway.budget import Budget
from gateway.call import Call, Disconnected

LIMITS = Server(max_body_bytes=1_000_000, body_timeout_ms=20)


def call(*chunks: bytes, headers: dict[str, str] | None = None, stalls: bool = False) -> Call:
    """A request whose body comes in `chunks`; `stalls` = the last of them is followed by nothing."""
    last = len(chunks) - 1
    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": stalls or number < last}
        for number, chunk in enumerate(chunks)
    ]

    async def receive() -> Message:
        if messages:
            return messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    return Call({"type": "http", "headers": raw, "query_string": b"", "path": "/"}, receive)


def reader(limits: Server = LIMITS, budget: Budget | None = None) -> BodyReader:
    return BodyReader(limits, budget or Budget(10_000_000))


async def refused(request: Call, limits: Server = LIMITS) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        await reader(limits).read(request)
    return caught.value.status, caught.value.code


async def test_a_body_is_the_sum_of_its_chunks() -> None:
    assert await reader().read(call(b"ab", b"", b"c")) == b"abc"


async def test_a_body_of_exactly_the_limit_is_read() -> None:
    assert len(await reader().read(call(b"x" * 600_000, b"x" * 400_000))) == 1_000_000


@pytest.mark.parametrize("chunks", [[b"x" * 1_000_001], [b"x" * 600_000, b"x" * 400_001], [b"x" * 400_000] * 3])
async def test_one_byte_more_is_not(chunks: Sequence[bytes]) -> None:
    assert await refused(call(*chunks)) == (413, "body_too_large")


async def test_an_announced_size_is_refused_before_anything_is_read() -> None:
    request = call(b"", headers={"content-length": "1000001"}, stalls=True)
    assert await refused(request) == (413, "body_too_large")


@pytest.mark.parametrize("sent", [b"", b"x" * (PROGRESS_BYTES - 1)])
async def test_a_body_that_stalls_is_answered_408(sent: bytes) -> None:
    assert await refused(call(sent, stalls=True)) == (408, "body_timeout")


@pytest.mark.parametrize(("counted", "least"), [(0, 1_024), (20_480, 1_024), (900_000, 45_000), (17_000_000, 850_000)])
def test_a_body_must_come_on_by_a_twentieth_of_itself(counted: int, least: int) -> None:
    assert [has_come_on(counted, counted + more) for more in (least - 1, least)] == [False, True]


async def test_a_client_that_goes_away_gets_no_answer() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(Disconnected):
        await reader().read(Call({"headers": []}, receive))


@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_gzip_may_be_cut_anywhere(size: int) -> None:
    content = bytes(range(256)) * 100
    packed = gzip.compress(content)
    chunks = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert await reader().read(call(*chunks)) == content


async def test_concatenated_gzip_members_are_one_body() -> None:
    members = call(gzip.compress(b"ab") + gzip.compress(b"c"), gzip.compress(b"d"))
    assert await reader().read(members) == b"abcd"


async def test_decompressed_size_has_the_same_limit() -> None:
    assert len(await reader().read(call(gzip.compress(b"x" * 1_000_000)))) == 1_000_000
    assert await refused(call(gzip.compress(b"x" * 1_000_001))) == (413, "body_too_large")


async def test_a_gzip_bomb_never_grows_beyond_the_limit() -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(squeeze.compress(bytes(1_000_000)) for _ in range(60)) + squeeze.flush()
    tracemalloc.start()
    try:
        assert await refused(call(bomb)) == (413, "body_too_large")
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 3 * LIMITS.max_body_bytes


@pytest.mark.parametrize("cut", [3, 12, 40, -1])
async def test_truncated_gzip_is_refused(cut: int) -> None:
    packed = gzip.compress(bytes(range(256)) * 10)
    assert await refused(call(packed[:cut])) == (400, "invalid_gzip")


async def test_damaged_gzip_is_refused() -> None:
    packed = bytearray(gzip.compress(bytes(range(256)) * 10))
    packed[60] ^= 0xFF
    assert await refused(call(bytes(packed))) == (400, "invalid_gzip")


async def test_a_gzip_header_on_plain_data_is_refused() -> None:
    assert await refused(call(b"{}", headers={"content-encoding": "gzip"})) == (400, "invalid_gzip")


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
async def test_other_encodings_are_refused(encoding: str) -> None:
    assert await refused(call(b"{}", headers={"content-encoding": encoding})) == (415, "unsupported_encoding")


# -- what bodies hold together ----------------------------------------------------------------------------------------


async def test_a_body_that_there_is_no_room_for_is_refused_before_anything_is_read() -> None:
    budget = Budget(1_000)
    budget.take(600)
    request = call(b"x" * 401, headers={"content-length": "401"}, stalls=True)
    with pytest.raises(Wait) as caught:
        await reader(budget=budget).read(request)
    assert (caught.value.code, budget.held_bytes, request.held_bytes) == ("overloaded", 600, 0)
    assert (await request.receive())["body"] == b"x" * 401


async def test_a_body_without_an_announced_size_is_refused_as_soon_as_there_is_no_room() -> None:
    budget = Budget(1_000)
    budget.take(600)
    request = call(b"x" * 300, b"x" * 101, stalls=True)
    with pytest.raises(Wait):
        await reader(budget=budget).read(request)
    assert request.held_bytes == 300


async def test_what_a_body_holds_is_what_came_and_what_it_was_inflated_to() -> None:
    budget = Budget(1_000_000)
    plain, packed = call(b"ab", b"cd"), gzip.compress(b"x" * 10_000)
    squeezed = call(packed)
    await reader(budget=budget).read(plain)
    await reader(budget=budget).read(squeezed)
    assert (plain.held_bytes, squeezed.held_bytes) == (4, len(packed) + 10_000)
    assert budget.held_bytes == plain.held_bytes + squeezed.held_bytes


async def test_a_body_too_large_inflated_is_refused() -> None:
    budget = Budget(10_000)
    with pytest.raises(Wait):
        await reader(budget=budget).read(call(gzip.compress(b"x" * 10_000)))
