"""From what the parts (W1) to (W5) measure to their figures."""

import os
from pathlib import Path

import msgspec
import pytest

from benchmarks import freshness, growth, input, plain, race, restart, shards
from benchmarks.fold import new_registry
from benchmarks.freshness import BELOW_MS, Seen
from benchmarks.input import Size
from benchmarks.peer import Run
from benchmarks.results import FSYNCED, NOTHING, Bucket
from engine.config import Config
from engine.wire import Batch
from gateway.agent import AgentReader
from gateway.decode import Decoder
from gateway.normalise import Arrival, Normaliser
from tests.benchmarks.test_wrk import TOLD

SIZE = Size(events=1_000, sessions=20)


def test_a_race_is_told_by_the_median_round_and_the_ratio_to_it() -> None:
    lap = race.Lap(race.LAPS[0].contestant, 0.5)
    figure = race.figure(lap, SIZE, [Run(1.0), Run(2.0, 1.0), Run(10.0)], 1_000.0, 0.5)
    assert (figure.value, figure.details["the first lines of the file"]) == (250, 500)
    assert figure.details["sessiond in process is so many times as fast"] == 4
    assert figure.details["slowest round, events/s"] == 50


def test_what_was_not_told_is_not_shown_and_what_was_is() -> None:
    bare = race.figure(race.LAPS[0], SIZE, [Run(1.0)], 1_000.0, 0.5).details
    whole = race.figure(race.LAPS[0], SIZE, [Run(1.0, decode_s=0.8, stored_s=2.0)], 1_000.0, 0.5).details
    assert {name: whole[name] for name in whole.keys() - bare.keys()} == {
        "of it decoding the JSON, %": 80,
        "without decoding, events/s": 5_000,
        "to the last row in ClickHouse, events/s": 500,
    }


def test_every_contestant_runs_on_whole_bodies_of_both_sizes() -> None:
    assert all(size.events * lap.share % 100 == 0 for size in (input.FULL, input.SMALL) for lap in race.LAPS)


def test_a_part_of_the_input_is_its_first_lines(tmp_path: Path) -> None:
    (tmp_path / "events-5-2.jsonl").write_text("1\n2\n3\n4\n5\n")
    assert input.prefix(Size(5, 2), 3, tmp_path).read_text() == "1\n2\n3\n"
    assert input.prefix(Size(5, 2), 5, tmp_path) == input.whole(Size(5, 2), tmp_path)


def test_a_part_of_an_input_that_was_made_anew_is_made_anew(tmp_path: Path) -> None:
    whole, part = tmp_path / "events-5-2.jsonl", tmp_path / "events-5-2-first-3.jsonl"
    part.write_text("old\n")
    whole.write_text("1\n2\n3\n4\n5\n")
    os.utime(part, (0, 0))
    assert input.prefix(Size(5, 2), 3, tmp_path).read_text() == "1\n2\n3\n"


def test_the_input_is_named_by_what_makes_it_and_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "events-5-2.jsonl").write_text("abc")
    made = input.describe(Size(5, 2), tmp_path)
    assert made.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert made.command.startswith("sessiond simulate --events 5 --sessions 2 --seed 1 ")


def test_services_are_told_by_their_medians_and_what_was_durable() -> None:
    turns = [dict(zip(plain.DURABLE, speeds, strict=True)) for speeds in ((9.0, 3.0, 90.0), (8.0, 2.0, 8.0))]
    ours, theirs, bare = plain.figures(plain.FORMS[0], turns, 0.5)
    assert [figure.value for figure in (ours, theirs, bare)] == [8, 2, 49]
    assert theirs.details["sessiond is so many times as fast"] == 3.4
    assert ours.durable == FSYNCED
    assert theirs.durable.startswith("nothing")


def test_sessions_that_are_held_cost_time_and_memory() -> None:
    held = growth.hold(sessions=500, events=2)
    assert held.event_us > 0
    cost, memory = growth.figures(held, "500 live sessions of 2 events", "sessions", 500, 0.5)
    assert (cost.value, cost.unit, memory.value, memory.unit) == (held.event_us, "µs", held.session_bytes, "bytes")
    assert cost.spot is not None
    assert memory.spot is not None
    assert (cost.spot.chart, memory.spot.chart, cost.spot.x) == ("w3-cost-sessions", "w3-memory-sessions", 500)
    assert cost.durable == memory.durable == NOTHING


def test_the_cost_of_an_event_is_that_of_all_processes() -> None:
    cost, rate = shards.figures(2, TOLD, {"gateway": 0.2, "shard": 0.4}, 0.5)
    assert (cost.value, cost.details) == (30.0, {"gateway, µs": 10.0, "shard, µs": 20.0})
    assert (rate.value, rate.unit) == (10_000, "events/s")


def test_a_restart_is_told_by_the_median_and_the_slowest() -> None:
    figure = restart.figure(1_000, "a shard", [900.4, 1_000.0, 3_000.0], 0.5)
    assert (figure.value, figure.details) == (1_000, {"slowest, ms": 3_000, "rounds": 3})
    assert figure.reach is None
    assert restart.figure(restart.REACH_SESSIONS, "a shard", [900.0], 0.5).reach == restart.REACH_MS


def test_the_clicks_of_a_sample_are_a_rage_click() -> None:
    config = Config()
    decoder = Decoder(config, Normaliser(config, AgentReader()))
    body = msgspec.json.encode(freshness.clicks("s", 1_767_322_800_000))
    events = decoder.decode(body, Arrival(1_767_322_800_000, 2**53)).events
    outcome = new_registry().apply(Batch("g", 1, 1_767_322_800_000, events), 1_767_322_800_000, 1)
    assert "rage_click" in {row.anomaly.type for row in outcome.anomalies}


def test_samples_are_told_by_their_median_and_their_spread() -> None:
    anomaly, rows = freshness.figures([Seen(1.0, 3.0, 900.0), Seen(2.0, 4.0, 1_100.0)], "no other traffic", 0.5)
    assert (anomaly.value, anomaly.details["p50 of the ack, ms"], anomaly.buckets) == (3.5, 1.5, _up_to(5, 2))
    assert (rows.value, rows.details["samples"], sum(bucket.count for bucket in rows.buckets)) == (1_000, 2, 2)


def _up_to(below: float, count: int) -> list[Bucket]:
    return [Bucket(bound, count if bound == below else 0) for bound in BELOW_MS if bound <= below]


@pytest.mark.parametrize(("time_ms", "below"), [(1.9, 2), (2.0, 5), (9_999.0, 10_000), (99_999.0, 10_000)])
def test_a_time_is_in_the_first_bucket_that_it_lies_below(time_ms: float, below: float) -> None:
    assert freshness.histogram([time_ms])[-1] == Bucket(below, 1)


def test_nothing_has_no_histogram() -> None:
    assert freshness.histogram([]) == []
