"""What a shard tells the monitor about a span of time: counts and sums, small and bounded, never the events themselves.

Slices are numbered by the journal: each covers the frames after `after_seq` up to `upto_seq`, so that none is counted
twice, whoever dies.
"""

from typing import Final

import msgspec

MAX_SESSIONS: Final = 200
OTHER: Final = "(other)"  # where a group is one too many


class Cell(msgspec.Struct, array_like=True):
    """One metric of one project for one group ("" = not grouped). `total`: of what is summed, such as milliseconds.
    `sessions`: hashes of the sessions in it, where that is asked; at most `MAX_SESSIONS`."""

    project_id: str
    metric: str
    group: str
    count: int = 0
    total: float = 0.0
    sessions: list[int] = []


class Slice(msgspec.Struct, array_like=True):
    """`at_ms`: receive time of its last frame, which says into which minute it counts."""

    journal_id: str
    after_seq: int
    upto_seq: int
    at_ms: int
    cells: list[Cell] = []
