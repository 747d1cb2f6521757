"""The shape of results.json: figures, what they are to reach, what was durable, and the machine they come from."""

from pathlib import Path
from typing import Final, Literal, get_args

import msgspec

TARGET: Final = Path(__file__).with_name("results.json")
FSYNCED: Final = "every acked event: in the journal, fsync done"
NOTHING: Final = "nothing: in memory, no server"


Part = Literal["a", "b", "c", "d", "e", "f", "g", "W1", "W2", "W3", "W4", "W5"]
PARTS: Final[tuple[Part, ...]] = get_args(Part)


class Spot(msgspec.Struct, frozen=True):
    """Where a figure stands on a chart: a bar of its own, or a point `x` of a line."""

    chart: str
    line: str = ""
    x: float = 0.0


class Bucket(msgspec.Struct, frozen=True, array_like=True):
    """So many of what was measured lie below `below` and not below the bucket before."""

    below: float
    count: int


class Figure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`reach`: what the figure should be at least (`better` = "more") or at most; None = told, not judged.

    `date`: when it was measured, UTC, as 2026-01-02.
    `load_average`: of the last minute, when the measurement began: above the number of cores others were at work.
    `loop_ms`: CPU time of a fixed Python loop around the measurement: the higher, the slower the cores were.
    `buckets`: how what the figure is the median of was spread, in its unit.
    """

    part: Part
    name: str
    value: float
    unit: str
    durable: str
    reach: float | None = None
    better: Literal["more", "less"] = "more"
    date: str = ""
    load_average: float = 0.0
    loop_ms: float = 0.0
    details: dict[str, float] = {}
    spot: Spot | None = None
    buckets: list[Bucket] = []

    @property
    def is_reached(self) -> bool:
        if self.reach is None:
            return True
        return self.value >= self.reach if self.better == "more" else self.value < self.reach


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """`sync_p50_ms`, `sync_p99_ms`: an fsync of 4 KB where the data folders lie."""

    cores: int
    cpu: str
    memory_gb: float
    system: str
    sync_p50_ms: float
    sync_p99_ms: float
    versions: dict[str, str]


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """The file that `command` made."""

    events: int
    sessions: int
    sha256: str
    command: str


class Results(msgspec.Struct, frozen=True, kw_only=True):
    machine: Machine
    input: Input | None = None
    figures: list[Figure]


def write(results: Results, file: Path) -> None:
    file.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")


def read(file: Path) -> Results:
    return msgspec.json.decode(file.read_bytes(), type=Results)
