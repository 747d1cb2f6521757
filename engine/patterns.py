"""What a session keeps doing: most used actions, common sequences of three, sequences repeated back to back.

Definitions after seed 000 and its code: a common pattern is a run of 3 actions seen more than once (overlaps count),
a repeated pattern is a sequence of 2-5 actions done 3 or more times in a row.
"""

from collections.abc import Iterator
from operator import eq
from typing import Final

from engine.actionlog import ActionLog
from engine.analysis import ActionCount, CommonPattern, RepeatedPattern

LENGTH: Final = 3
PERIODS: Final = (2, 3, 4, 5)
MIN_REPEATS: Final = 3
MAX_LISTED: Final = 10


def most_used_actions(log: ActionLog) -> list[ActionCount]:
    counts = log.counts()
    total = counts.total()
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [ActionCount(name, count, round(100 * count / total, 2)) for name, count in ranked]


def common_patterns(log: ActionLog) -> list[CommonPattern]:
    """The most frequent first; `avg_duration_ms` from the first to the last action of the three."""
    types, times = log.types(), log.times()
    seen: dict[bytes, list[int]] = {}
    for start in range(len(types) - LENGTH + 1):
        durations = seen.setdefault(types[start : start + LENGTH], [])
        durations.append(times[start + LENGTH - 1] - times[start])
    frequent = sorted(((p, d) for p, d in seen.items() if len(d) > 1), key=lambda item: -len(item[1]))
    return [
        CommonPattern([log.names[t] for t in pattern], len(durations), round(sum(durations) / len(durations), 1))
        for pattern, durations in frequent[:MAX_LISTED]
    ]


def repeated_patterns(log: ActionLog) -> list[RepeatedPattern]:
    """The most repeated first."""
    types, times = log.types(), log.times()
    found = [
        RepeatedPattern(
            pattern=[log.names[t] for t in types[start : start + period]],
            repeat_count=repeats,
            first_ms=log.base_ms + times[start],
            last_ms=log.base_ms + times[start + repeats * period - 1],
        )
        for period in PERIODS
        for start, repeats in _runs(types, period)
    ]
    found.sort(key=lambda repeated: (-repeated.repeat_count, repeated.first_ms))
    return found[:MAX_LISTED]


def _runs(types: bytes, period: int) -> Iterator[tuple[int, int]]:
    """(start, repeats) of every longest stretch in which each action equals the one `period` later."""
    same = bytes(map(eq, types, types[period:]))
    enough = b"\1" * period * (MIN_REPEATS - 1)
    start = same.find(enough)
    while start >= 0:
        end = same.find(b"\0", start) % (len(same) + 1)  # -1, not found, is the end
        if _is_primitive(types[start : start + period]):
            yield start, (end - start) // period + 1
        start = same.find(enough, end)


def _is_primitive(pattern: bytes) -> bool:
    """`abab` is `ab` twice and `aa` is a repeated action: both are reported under the shorter period or not here."""
    return pattern not in (pattern + pattern)[1:-1]
