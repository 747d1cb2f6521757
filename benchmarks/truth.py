"""What the right answers are, found in the plainest way, and whether others found the same."""

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from benchmarks.failure import BenchmarkFailed
from benchmarks.peers.answers import Answer, to_ms, write
from benchmarks.peers.lines import visits

GAP_MS: Final = 1_800_000
_SHOWN: Final = 2


def answers(file: Path, target: Path) -> None:
    """The sessions of a file in the order of time, by id and by user and gap. Raises BenchmarkFailed when these are
    not the same: then the contestants, who go by one or the other, would not do the same work."""
    found = [(one.session_id, one.user_id, to_ms(one.timestamp)) for one in visits(file)]
    write(by_id(found), target)
    by_user = target.with_suffix(".gap")
    write(by_gap(found), by_user)
    compare(target, {"the gap of 30 minutes": by_user})


def by_id(found: Iterable[tuple[str, str, int]]) -> Iterable[Answer]:
    sessions: dict[str, Answer] = {}
    for session_id, user_id, at_ms in found:
        sessions[session_id] = _continued(sessions.get(session_id), user_id, at_ms)
    return sessions.values()


def by_gap(found: Iterable[tuple[str, str, int]]) -> Iterable[Answer]:
    ended: list[Answer] = []
    live: dict[str, Answer] = {}
    for _, user_id, at_ms in found:
        known = live.get(user_id)
        if known is not None and at_ms - known.last_ms > GAP_MS:
            ended.append(live.pop(user_id))
        live[user_id] = _continued(live.get(user_id), user_id, at_ms)
    return [*ended, *live.values()]


def _continued(known: Answer | None, user_id: str, at_ms: int) -> Answer:
    if known is None:
        return Answer(user_id, at_ms, at_ms, 1)
    return known._replace(last_ms=at_ms, events=known.events + 1)


def compare(truth: Path, others: Mapping[str, Path]) -> None:
    """Raises BenchmarkFailed for the first of the others (name -> file of answers) whose sessions or counts differ."""
    right = _lines(truth)
    for name, file in others.items():
        if (told := _lines(file)) != right:
            raise BenchmarkFailed(_difference(name, told, right))


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def _difference(name: str, told: list[str], right: list[str]) -> str:
    wrong, missing = sorted(set(told) - set(right)), sorted(set(right) - set(told))
    shown = "; ".join(islice((f"has {line}" for line in wrong), _SHOWN))
    lacks = "; ".join(islice((f"lacks {line}" for line in missing), _SHOWN))
    return f"{name}: {len(told)} sessions, {len(right)} are right; {shown}; {lacks}."
