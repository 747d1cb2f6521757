"""What a client may leave undone or send without an end has one."""

import asyncio

import pytest

from engine.config import Server
from gateway.connection import MAX_PIPELINED, SPARE_CONNECTIONS, Connection
from tests.gateway.wire import Hall, Wire

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
HEADER_S = 10.0
ANSWER_S = 30.0


@pytest.fixture
def hall() -> Hall:
    return Hall(Server())


async def settle() -> None:
    """Until the app has done what it can."""
    for _ in range(20):
        await asyncio.sleep(0)


def wait(connection: Connection, seconds: float, *, since_s: float = 1_000.0) -> float:
    """A second at a time, as the server does; when it ended."""
    for second in range(int(seconds) + 1):
        connection.check(since_s + second)
    return since_s + seconds


async def test_a_request_is_answered_and_its_connection_stays(hall: Hall) -> None:
    connection, wire = hall.connect()
    connection.data_received(GET)
    await settle()
    assert [status for status, _, _ in wire.answers()] == [200]
    assert (wire.end, hall.refused()) == ("", "")


# -- too many ---------------------------------------------------------------------------------------------------------


async def test_a_connection_beyond_the_limit_is_told_so_and_the_others_go_on() -> None:
    hall = Hall(Server(max_connections=2))
    connected = [hall.connect() for _ in range(3)]
    for connection, _ in connected:
        connection.data_received(GET)
    await settle()
    wires = [wire for _, wire in connected]
    assert [wire.answers()[0][0] for wire in wires] == [200, 200, 503]
    assert wires[2].problem(503, "too_many_connections")["retry-after"] == "1"
    assert [wire.end for wire in wires] == ["", "", "closed"]
    assert hall.refused() == 'sessiond_connections_refused_total{reason="too_many_connections"} 1.0'


async def test_a_place_that_is_left_is_free_again() -> None:
    hall = Hall(Server(max_connections=1))
    first, _ = hall.connect()
    first.connection_lost(None)
    connection, wire = hall.connect()
    connection.data_received(GET)
    await settle()
    assert wire.answers()[0][0] == 200


async def test_far_beyond_the_limit_connections_are_cut_off() -> None:
    hall = Hall(Server(max_connections=1))
    ends = [hall.connect()[1].end for _ in range(SPARE_CONNECTIONS + 3)]
    assert ends == [""] * (SPARE_CONNECTIONS + 1) + ["aborted"] * 2


# -- too slow ---------------------------------------------------------------------------------------------------------


async def test_a_connection_without_a_request_is_closed(hall: Hall) -> None:
    connection, wire = hall.connect()
    wait(connection, HEADER_S - 1)
    assert wire.end == ""
    wait(connection, 1, since_s=1_000 + HEADER_S)
    assert (wire.end, wire.written) == ("closed", b"")


async def test_headers_that_never_end_are_answered_408_however_they_trickle(hall: Hall) -> None:
    connection, wire = hall.connect()
    connection.data_received(b"POST /api/v1/events HTTP/1.1\r\n")
    for second in range(int(HEADER_S) + 1):
        connection.data_received(b"X-%d: y\r\n" % second)
        connection.check(1_000.0 + second)
    wire.problem(408, "header_timeout")
    assert (wire.end, hall.refused()) == ("closed", 'sessiond_connections_refused_total{reason="header_timeout"} 1.0')


async def test_empty_lines_after_an_answer_keep_no_connection(hall: Hall) -> None:
    connection, wire = hall.connect()
    connection.data_received(GET)
    await settle()
    for second in range(int(HEADER_S) + 1):
        connection.data_received(b"\r\n")
        connection.check(1_000.0 + second)
    assert wire.end == "closed"


async def test_a_client_that_asks_again_and_again_is_left_alone(hall: Hall) -> None:
    connection, wire = hall.connect()
    for second in range(3 * int(HEADER_S)):
        connection.data_received(GET)
        await settle()
        connection.check(1_000.0 + second)
    assert wire.end == ""


async def test_while_the_server_is_to_answer_nobody_is_late(hall: Hall) -> None:
    hall.gate.clear()
    connection, wire = hall.connect()
    connection.data_received(GET)
    await settle()
    wait(connection, 2 * ANSWER_S)
    assert wire.end == ""
    hall.gate.set()
    await settle()
    assert wire.answers()[0][0] == 200


async def test_a_client_that_takes_nothing_of_its_answer_is_cut_off(hall: Hall) -> None:
    connection, wire = hall.connect()
    connection.data_received(GET)
    await settle()
    wire.unsent = 100_000
    now_s = wait(connection, ANSWER_S - 1)
    assert wire.end == ""
    connection.check(now_s + 1)
    assert (wire.end, hall.refused()) == (
        "aborted",
        'sessiond_connections_refused_total{reason="answer_not_taken"} 1.0',
    )


async def test_one_that_is_closed_already_does_not_stay_for_what_nobody_takes(hall: Hall) -> None:
    connection, wire = hall.connect()
    connection.data_received(GET.replace(b"Host", b"Connection: close\r\nHost"))
    await settle()
    wire.unsent = 100_000
    wait(connection, ANSWER_S)
    assert wire.end == "aborted"


@pytest.mark.parametrize(("share", "end"), [(0.94, ""), (0.96, "aborted")])
async def test_a_client_may_take_its_answer_slowly_but_a_twentieth_of_the_rest_in_its_time(
    hall: Hall, share: float, end: str
) -> None:
    connection, wire = hall.connect()
    connection.data_received(GET)
    await settle()
    for second in range(3 * int(ANSWER_S)):
        wire.unsent = int(100_000 * share ** (second / ANSWER_S))
        connection.check(1_000.0 + second)
    assert wire.end == end


# -- too much ---------------------------------------------------------------------------------------------------------


async def test_headers_without_an_end_are_answered_431(hall: Hall) -> None:
    connection, wire = hall.connect()
    connection.data_received(b"GET / HTTP/1.1\r\nX: ")
    for _ in range(65):
        connection.data_received(b"x" * 1_024)
    wire.problem(431, "headers_too_large")
    assert wire.end == "closed"


async def test_an_address_without_an_end_is_too(hall: Hall) -> None:
    connection, wire = hall.connect()
    connection.data_received(b"GET /?q=" + b"x" * 70_000)
    wire.problem(431, "headers_too_large")


async def test_trailers_without_an_end_close_the_connection(hall: Hall) -> None:
    hall.gate.clear()
    connection, wire = hall.connect()
    connection.data_received(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")
    for _ in range(66):
        connection.data_received(b"X-Y: " + b"x" * 1_024 + b"\r\n")
    wire.problem(431, "headers_too_large")
    assert wire.end == "closed"


async def test_a_long_body_is_no_long_header(hall: Hall) -> None:
    connection, wire = hall.connect()
    connection.data_received(b"POST / HTTP/1.1\r\nContent-Length: 300000\r\n\r\n")
    for _ in range(3):
        connection.data_received(b"x" * 100_000)
    await settle()
    assert ([status for status, _, _ in wire.answers()], wire.end) == ([200], "")


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"CONNECT h:1 HTTP/1.1\r\n\r\n"]
)
async def test_what_is_no_http_is_a_400_problem(hall: Hall, nonsense: bytes) -> None:
    connection, wire = hall.connect()
    connection.data_received(nonsense)
    wire.problem(400, "bad_request")
    assert wire.end == "closed"


async def test_of_very_many_requests_at_once_the_first_are_answered_and_the_connection_ends(hall: Hall) -> None:
    hall.gate.clear()
    connection, wire = hall.connect()
    connection.data_received(GET * 2_000)
    assert (len(connection.pipeline), wire.is_reading_paused) == (MAX_PIPELINED, True)
    hall.gate.set()
    while not wire.end:
        await settle()
    assert [status for status, _, _ in wire.answers()] == [200] * (MAX_PIPELINED + 1)
    assert wire.answers()[-1][1]["connection"] == "close"


async def test_what_comes_behind_them_costs_them_no_answer(hall: Hall) -> None:
    hall.gate.clear()
    connection, wire = hall.connect()
    connection.data_received(GET * 2_000)
    for _ in range(3):
        connection.data_received(GET * 2_000)
    hall.gate.set()
    while not wire.end:
        await settle()
    assert answers(wire) == [200] * (MAX_PIPELINED + 1)
    assert hall.refused() == ""


async def test_a_client_that_goes_away_with_requests_waiting_gets_nothing_written(hall: Hall) -> None:
    hall.gate.clear()
    connection, wire = hall.connect()
    connection.data_received(GET * 3)
    wire.is_lost = True
    connection.connection_lost(ConnectionResetError())
    hall.gate.set()
    await settle()
    assert (wire.written, wire.late_writes) == (b"", 0)


async def test_nonsense_behind_a_request_that_is_being_answered_does_not_mix_into_its_answer(hall: Hall) -> None:
    hall.gate.clear()
    connection, wire = hall.connect()
    connection.data_received(GET + GET + b"\x16\x03")
    assert (wire.written, wire.end) == (b"", "closed")


def answers(wire: Wire) -> list[int]:
    return [status for status, _, _ in wire.answers()]


async def test_http_1_0_is_answered_once(hall: Hall) -> None:
    connection, wire = hall.connect()
    connection.data_received(b"GET / HTTP/1.0\r\n\r\n")
    await settle()
    assert (answers(wire), wire.end) == ([200], "closed")
