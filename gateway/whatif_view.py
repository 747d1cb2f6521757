"""What another rule would have said, counted while it is found out, and as JSON."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from engine.analysis import Anomaly, Summary
from engine.overlay import plain
from engine.rules import Rule
from engine.whatif import Difference
from gateway.timestamps import iso

MAX_ITEMS: Final = 1_000  # shown of each list; all are counted


class WhatIfItem(msgspec.Struct):
    """`started_at`: of the anomaly. `why`: what of the rule is otherwise."""

    session_id: str
    generation: int
    started_at: str
    type: str
    description: str
    event_ids: list[str]
    why: str


class WhatIfCounts(msgspec.Struct):
    added: int
    removed: int
    unchanged: int


class WhatIfView(msgspec.Struct):
    """`rule`: the one that was tried. `started_at`, `ended_at`: of the sessions asked for, `sessions` of which were
    judged, newest first. `truncated_by`: limit (of sessions), events, time, or "" when all were. `skipped`: sessions
    that cannot be judged as they were the first time, by reason."""

    project_id: str
    detector: str
    rule: dict[str, Any]
    started_at: str
    ended_at: str
    sessions: int
    events: int
    skipped: dict[str, int]
    is_truncated: bool
    truncated_by: str
    counts: WhatIfCounts
    added: list[WhatIfItem]
    removed: list[WhatIfItem]


class Tally:
    """`types`: of the anomalies that are compared. `why`: what the tried rule has otherwise than the one in force, of
    version `version`."""

    def __init__(self, *, types: frozenset[str], why: str, version: int) -> None:
        self.types = types
        self._why = why
        self._version = version
        self.listed = 0
        self.events = 0
        self.skipped: Counter[str] = Counter()
        self.limit_reached = False
        self.truncated_by = ""
        self._sessions = 0
        self._counts: Counter[str] = Counter()
        self._added: list[WhatIfItem] = []
        self._removed: list[WhatIfItem] = []

    def add(self, summary: Summary, found: Difference) -> None:
        self._sessions += 1
        self._counts.update({name: len(anomalies) for name, anomalies in zip(found._fields, found, strict=True)})
        self._show(self._added, summary, found.added)
        self._show(self._removed, summary, found.removed)

    def _show(self, items: list[WhatIfItem], summary: Summary, anomalies: Iterable[Anomaly]) -> None:
        for anomaly in anomalies:
            if len(items) < MAX_ITEMS:
                items.append(self._item(summary, anomaly))

    def _item(self, summary: Summary, anomaly: Anomaly) -> WhatIfItem:
        is_older = anomaly.rule_version != self._version and anomaly in summary.anomalies
        older = f"it was found by version {anomaly.rule_version} of the rule" if is_older else ""
        return WhatIfItem(
            summary.session_id,
            summary.generation,
            iso(anomaly.started_ms),
            anomaly.type,
            anomaly.description,
            list(anomaly.event_ids),
            "; ".join(part for part in (self._why, older) if part) or "the rule is the one in force",
        )

    def view(self, project_id: str, kind: str, rule: Rule, from_ms: int, to_ms: int) -> WhatIfView:
        truncated_by = self.truncated_by or ("limit" if self.limit_reached else "")
        return WhatIfView(
            project_id,
            kind,
            {name: plain(getattr(rule, name)) for name in rule.__struct_fields__},
            iso(from_ms),
            iso(to_ms),
            self._sessions,
            self.events,
            dict(self.skipped),
            bool(truncated_by),
            truncated_by,
            WhatIfCounts(*(self._counts[name] for name in WhatIfCounts.__struct_fields__)),
            self._added,
            self._removed,
        )
