"""(W1) The same file through sessiond and its peers, in turns; no time is told before all answers are the same."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from benchmarks import input, machine, neighbours, peer, through_http, truth
from benchmarks.input import Size
from benchmarks.peer import Run
from benchmarks.results import FSYNCED, NOTHING, Figure, Spot

CHART: Final = "w1-race"
_IN_REDIS: Final = "nothing: in the memory of Redis"


class Contestant(NamedTuple):
    """`run` takes the file, how many lines it has, and where the answers go."""

    name: str
    durable: str
    run: Callable[[Path, int, Path], Run]


class Lap(NamedTuple):
    """`share`: the part of the file that a slow contestant runs on, its first lines."""

    contestant: Contestant
    share: float


def _in_process(file: Path, events: int, answers: Path) -> Run:
    return peer.ours("benchmarks.in_process", (str(file), str(answers)))


def _bytewax(file: Path, events: int, answers: Path, *, batch: int) -> Run:
    return peer.peer("bytewax", "bytewax_sessions", (str(file), str(answers), str(batch)))


def _pathway(file: Path, events: int, answers: Path) -> Run:
    return peer.peer("pathway", "pathway_sessions", (str(file), str(answers)))


def _redis(file: Path, events: int, answers: Path, *, pipelined: int) -> Run:
    with neighbours.redis() as port:
        return peer.peer("redis", "redis_sessions", (str(file), str(answers), str(port), str(pipelined)))


_HASH: Final = "Redis hash per session, a pipeline per"
LAPS: Final = (
    Lap(Contestant("sessiond in process, all detectors", NOTHING, _in_process), 1.0),
    Lap(Contestant("sessiond through HTTP, all detectors, rows in ClickHouse", FSYNCED, through_http.run), 0.3),
    Lap(Contestant("Bytewax, session window, batches of 100", NOTHING, partial(_bytewax, batch=100)), 0.3),
    Lap(Contestant("Bytewax, session window, batches of 1,000", NOTHING, partial(_bytewax, batch=1_000)), 0.3),
    Lap(Contestant("Bytewax, batches of 1,000, the whole file", NOTHING, partial(_bytewax, batch=1_000)), 1.0),
    Lap(Contestant("Pathway, session window, the file as one batch", NOTHING, _pathway), 0.3),
    Lap(Contestant(f"{_HASH} event", _IN_REDIS, partial(_redis, pipelined=1)), 0.1),
    Lap(Contestant(f"{_HASH} 100 events", _IN_REDIS, partial(_redis, pipelined=100)), 0.3),
)


def measure(size: Size, rounds: int) -> list[Figure]:
    busy = machine.load_average()
    with TemporaryDirectory(prefix="race-bench-") as folder:
        runs = [[_run(lap, size, Path(folder)) for lap in LAPS] for _ in range(rounds)]
    columns = [list(column) for column in zip(*runs, strict=True)]
    ours_per_s = events_per_s(round(size.events * LAPS[0].share), columns[0])
    return [figure(lap, size, column, ours_per_s, busy) for lap, column in zip(LAPS, columns, strict=True)]


def _run(lap: Lap, size: Size, folder: Path) -> Run:
    """Raises BenchmarkFailed when the answers are not the right ones."""
    events = round(size.events * lap.share)
    file, right, told = input.prefix(size, events), folder / f"right-{events}", folder / "told"
    if not right.exists():
        truth.answers(file, right)
    done = lap.contestant.run(file, events, told)
    truth.compare(right, {lap.contestant.name: told})
    return done


def events_per_s(events: int, runs: Sequence[Run]) -> float:
    return events / median(run.seconds for run in runs)


def figure(lap: Lap, size: Size, runs: Sequence[Run], ours_per_s: float, busy: float) -> Figure:
    events = round(size.events * lap.share)
    per_s = events_per_s(events, runs)
    return Figure(
        part="W1",
        name=lap.contestant.name,
        value=round(per_s),
        unit="events/s",
        durable=lap.contestant.durable,
        load_average=busy,
        spot=Spot(CHART),
        details={
            "sessiond in process is so many times as fast": round(ours_per_s / per_s, 2),
            "the first lines of the file": events,
            "slowest round, events/s": round(events / max(run.seconds for run in runs)),
            "rounds": len(runs),
            **_more(events, runs),
        },
    )


def _more(events: int, runs: Sequence[Run]) -> dict[str, float]:
    decode_s, stored_s = median(run.decode_s for run in runs), median(run.stored_s for run in runs)
    found: dict[str, float] = {}
    if decode_s:
        found["of it decoding the JSON, %"] = round(100 * decode_s / median(run.seconds for run in runs))
        found["without decoding, events/s"] = round(events / median(run.seconds - run.decode_s for run in runs))
    if stored_s:
        found["to the last row in ClickHouse, events/s"] = round(events / stored_s)
    return found
