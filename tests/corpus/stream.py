"""The corpus: labelled streams, read from `streams/*.yaml`, one file for each detector.

An event is a list: its time in milliseconds, or several times; its type; the page, where it changes; its payload; and
other fields of the raw event. `[[0, 200], click, {x: 5, y: 5}]` are two clicks. Its id is `click@0`, and `s2/click@0`
in another session than the first; `id` among the other fields replaces it. A label is a list too: type, severity, id
of the first event, and what else is not as usual.
"""

from collections.abc import Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec

from engine.analysis import AnomalyStatus, Severity
from tests.builders import T0

FOLDER: Final = Path(__file__).parent / "streams"
_SITE: Final = "https://shop.example"
_FIRST_PAGE: Final = "/shop"

RawEvent = dict[str, Any]  # as a client sends it


class Label(NamedTuple):
    """One anomaly, as far as it is labelled. `reason`: of a dead click, or the outcome of a form."""

    type: str
    severity: Severity
    first: str
    reason: str = ""
    status: AnomalyStatus = "confirmed"
    session: str = "s1"


class Stream(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`source`: whose definition it is. `cases`: the false positives of `cases.py` that it shows. `reported`: why it is
    reported though it should not be. Events arrive in the order of their times, or as they are written. `ends`: all
    sessions time out in the end."""

    title: str
    source: str
    events: tuple[tuple[Any, ...], ...]
    finds: tuple[tuple[Any, ...], ...] = ()
    cases: tuple[str, ...] = ()
    reported: str = ""
    rules: dict[str, dict[str, Any]] = {}
    arrives: Literal["in order", "as written"] = "in order"
    ends: Literal["", "timeout"] = ""

    def labels(self) -> list[Label]:
        return [_label(*said) for said in self.finds]

    def raw_events(self) -> list[RawEvent]:
        """Raises ValueError where two of them have one id, but are not the same event, sent again."""
        pages: dict[str, str] = {}
        made = [one for said in self.events for one in _raw_events(said, pages)]
        known: dict[str, RawEvent] = {}
        for one in made:
            if known.setdefault(one["event_id"], one) != one:
                msg = f"{self.title!r} has two events with the id {one['event_id']!r}."
                raise ValueError(msg)
        return made if self.arrives == "as written" else sorted(made, key=itemgetter("timestamp"))


def streams() -> dict[str, list[Stream]]:
    """By the name of the file, which is that of the detector."""
    return {file.stem: _read(file) for file in sorted(FOLDER.glob("*.yaml"))}


def _read(file: Path) -> list[Stream]:
    """`shared` stands in a file for its anchors only."""
    found = msgspec.yaml.decode(file.read_bytes(), type=dict[str, Any])
    return msgspec.convert(found["streams"], list[Stream])


def _label(kind: str, severity: Severity, first: str, more: Mapping[str, Any] | None = None) -> Label:
    return Label(kind, severity, first, **(more or {}))


def _raw_events(said: tuple[Any, ...], pages: dict[str, str]) -> Iterator[RawEvent]:
    times, event_type, *rest = said
    opened = rest.pop(0) if rest and isinstance(rest[0], str) else ""
    payload, more = (*rest, {}, {})[:2]
    session = more.get("session", "s1")
    if opened:
        pages[session] = opened
    place = {} if "screen_name" in more else {"url": _SITE + pages.get(session, _FIRST_PAGE)}
    for at in times if isinstance(times, list) else [times]:
        plain = f"{event_type}@{at}"
        yield {
            "event_id": more.get("id", plain if session == "s1" else f"{session}/{plain}"),
            "session_id": session,
            "user_id": f"user of {session}",
            "event_type": event_type,
            "timestamp": T0 + at,
            **place,
            "payload": payload,
            **{name: value for name, value in more.items() if name not in ("id", "session")},
        }
