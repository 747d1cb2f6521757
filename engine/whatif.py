"""A session judged again by another rule, and what that adds to and removes from what was said of it."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from engine import config, slots
from engine.analysis import Anomaly, Summary
from engine.fold import Folder
from engine.overlay import KINDS, plain
from engine.rulebook import Rulebook
from engine.rules import Rule, Rules
from engine.session import Session
from engine.wire import MOVED, Seen


class Received(NamedTuple):
    """An event that was folded, with its time of receipt. `place`: the how-many-th of its session, 0 = unknown."""

    event: Seen
    received_ms: int
    place: int = 0


class Difference(NamedTuple):
    added: list[Anomaly]
    removed: list[Anomaly]
    unchanged: list[Anomaly]  # as they are now


class Judge:
    """Folds stored sessions with one detector alone."""

    def __init__(self, limits: config.Session, rules: Rules, kind: str) -> None:
        off = {name: msgspec.structs.replace(getattr(rules, name), enabled=False) for name in KINDS if name != kind}
        alone = msgspec.structs.replace(rules, **off)
        self._folder = Folder(limits, Rulebook(alone))
        self._close_types = limits.close_types

    def begin(self, summary: Summary) -> Session:
        """The ended session before its first event."""
        return Session(
            key=slots.session_key(summary.project_id, summary.session_id),
            made_id="",
            project_id=summary.project_id,
            user_id=summary.user_id,
            generation=summary.generation,
            started_ms=summary.started_ms,
            last_ms=summary.started_ms,
            received_ms=0,
        )

    def fold(self, session: Session, received: Iterable[Received]) -> None:
        """In the order of `in_order`; events that came after the end after `end`. `settle` comes last."""
        for one in received:
            if one.received_ms != session.received_ms:
                self.settle()  # as after each batch
            self._folder.fold(session, one.event, one.received_ms)
            if not session.is_live and one.event.event_type in self._close_types:
                self._folder.reclose(session)

    def settle(self) -> None:
        """Judge again what came out of order."""
        deque(self._folder.settle(), maxlen=0)

    def end(self, session: Session, summary: Summary) -> None:
        self._folder.end(session, summary.end_reason or "timeout", session.received_ms)


def in_order(received: Sequence[Received]) -> list[Received]:
    """As they were folded. Rows from before there was an index are older than those with one of the same session, and
    stand as they came, each request by event time."""
    return sorted(received, key=lambda one: (one.place, one.received_ms, one.event.at_ms, one.event.event_id))


def is_in_its_time(summary: Summary, received: Sequence[Received]) -> bool:
    """Whether the events have the times by which they were judged. Rows from before corrections were stored lack them,
    where the session's clock was wrong."""
    if not summary.clock_offset_ms or not received:
        return True
    times_ms = [one.event.at_ms for one in received]
    is_moved = any(one.event.flags & MOVED for one in received)
    return is_moved and (min(times_ms), max(times_ms)) == (summary.started_ms, summary.last_active_ms)


def compared(old: Sequence[Anomaly], new: Sequence[Anomaly]) -> Difference:
    """The same is what shares an event as evidence, or has none, as the whole session is meant; each is the same as one
    other at most. Withdrawn ones are none."""
    left = [anomaly for anomaly in old if anomaly.status != "withdrawn"]
    found = Difference([], [], [])
    for anomaly in new:
        if anomaly.status == "withdrawn":
            continue
        match = next(
            (one for one in left if one.type == anomaly.type and _share(one.event_ids, anomaly.event_ids)), None
        )
        if match is None:
            found.added.append(anomaly)
        else:
            left.remove(match)
            found.unchanged.append(anomaly)
    found.removed.extend(left)
    return found


def _share(some: Sequence[str], others: Sequence[str]) -> bool:
    return not set(some).isdisjoint(others) if some else not others


def told_apart(rule: Rule, before: Rule) -> str:
    """What is otherwise in a rule: "min_clicks is 4 in the place of 6"."""
    said = [
        f"{name} is {_shown(getattr(rule, name))} in the place of {_shown(getattr(before, name))}"
        for name in rule.__struct_fields__
        if getattr(rule, name) != getattr(before, name)
    ]
    return ", ".join(said)


def _shown(value: object) -> str:
    return msgspec.json.encode(plain(value)).decode()
