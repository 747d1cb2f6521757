"""What wrk tells is read completely, and a run that lost or refused something is none."""

import msgspec
import pytest

from benchmarks import wrk
from benchmarks.failure import BenchmarkFailed
from benchmarks.traffic import Traffic
from benchmarks.wrk import Load, Told

TOLD = Told(
    requests=200.0,
    sent=200.0,
    answered=200.0,
    accepted=20_000.0,
    not_200=0.0,
    failures=0.0,
    duration_us=2e6,
    first_ms=1000.0,
    last_ms=3000.0,
    late_ms=0.5,
    late_requests=0.0,
    p50_us=900.0,
    p90_us=1500.0,
    p99_us=4000.0,
    max_us=9000.0,
)
LOAD = Load(port=1, connections=2, seconds=2, traffic=Traffic(visitors=10), batch=100)


def test_the_result_is_found_among_what_wrk_prints() -> None:
    output = f"Running 2s test\n  Latency 1ms\nRESULT {msgspec.json.encode(TOLD).decode()}\nRequests/sec: 7\n"
    assert wrk.parsed(output) == TOLD
    assert TOLD.requests_per_s == 100


def test_no_result_fails_with_what_was_printed_instead() -> None:
    with pytest.raises(BenchmarkFailed, match="unable to connect"):
        wrk.parsed("unable to connect to 127.0.0.1:1 Connection refused\n")


def test_a_clean_run_passes() -> None:
    assert wrk.checked(TOLD, LOAD) is TOLD


@pytest.mark.parametrize(
    "fields", [{"failures": 1.0}, {"not_200": 1.0}, {"requests": 0.0}, {"answered": 199.0}], ids=str
)
def test_a_run_that_lost_something_fails(fields: dict[str, float]) -> None:
    with pytest.raises(BenchmarkFailed):
        wrk.checked(msgspec.structs.replace(TOLD, **fields), LOAD)


def test_a_load_without_pauses_may_be_cut_off_in_the_middle() -> None:
    single = msgspec.structs.replace(LOAD, batch=1)
    assert wrk.checked(msgspec.structs.replace(TOLD, answered=0.0), single).sent == 200


def test_the_script_holds_every_parameter_and_every_template() -> None:
    script = wrk.plan(LOAD)
    assert {"  batch = 100,", "  visitors = 10,", "  rate = 0,", "  connections = 2,"} <= set(script.splitlines())
    assert script.count('"event_type') == script.count("{ ") == 19
