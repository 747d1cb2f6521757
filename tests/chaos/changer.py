"""Somebody who changes the rules of detectors again and again, and remembers what was answered.

Each change has a number of its own, which is part of its thresholds: so every anomaly, and every answer, tells which
change it is of. The detectors that speak at the end of a session are left alone: no row tells when that was.
"""

import http.client
import json
import threading
from collections.abc import Mapping
from random import Random
from typing import Any, Final

from engine.overlay import applied
from engine.rules import Rules
from tests.chaos.record import Record
from tests.live.serving import Answer, Serving

PATH: Final = "/api/v1/detectors"
_TIMEOUT_S: Final = 6.0
_AGAIN_S: Final = 0.2
_CALM_S: Final = (0.3, 1.5)  # so that no look at the journals misses two
_MOST_TRIES: Final = 4  # then it gives up, and does not know whether it was heard
_WAIT: Final = (429, 503)
_CONFLICT: Final = 409

Own = dict[str, dict[str, Any]]


class Changer:
    """A thread. `changes`: what was sent, by number; `versions`: the number of the change that made each version, as
    answers said; `unsure`: the numbers of changes that may have been taken, or may not. `acked`: how many were."""

    def __init__(self, server: Serving, record: Record, seed: str) -> None:
        self._server = server
        self._record = record
        self._chance = Random(seed)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rules")
        self._known = 1  # the newest version that was heard of
        self.changes: dict[int, Own] = {0: {}}
        self.versions: dict[int, int] = {1: 0}
        self.unsure: set[int] = set()
        self.acked = 0
        self.problems: list[str] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def join(self) -> None:
        self._thread.join()

    def rules(self, number: int) -> Rules:
        return applied(Rules(), self.changes[number])

    def _run(self) -> None:
        while not self._stopping.wait(self._chance.uniform(*_CALM_S)):
            self._change()
            if not self._stopping.is_set():
                self.read()

    def _change(self) -> None:
        number = len(self.changes)
        self.changes[number] = own = drawn(self._chance, number)
        self.unsure.add(number)
        version = {"version": self._known} if self._chance.random() < 0.5 else {}
        body = json.dumps({**version, "detectors": own}).encode()
        self._record.note("rules", number=number, own=own, **version)
        for _ in range(self._chance.randint(1, _MOST_TRIES)):
            answer = self._asked("PUT", body)
            if answer is not None and answer.status not in _WAIT:
                self.answered(number, answer)
                return
            self._stopping.wait(_AGAIN_S)

    def answered(self, number: int, answer: Answer) -> None:
        if answer.status == 200:
            self.unsure.discard(number)
            self.acked += 1
            if (shown := self.took(answer.json)) != number:
                self.problems.append(f"the answer to change {number} of the rules shows change {shown}")
        elif answer.status != _CONFLICT:
            self.problems.append(f"change {number} of the rules was answered with {answer.status}: {answer.body!r}")

    def read(self) -> bool:
        """What is in force; whether there was an answer."""
        answer = self._asked("GET")
        if answer is None or answer.status in _WAIT:
            return False
        if answer.status != 200:
            self.problems.append(f"a look at the rules was answered with {answer.status}: {answer.body!r}")
            return False
        self.took(answer.json)
        return True

    def took(self, view: Mapping[str, Any]) -> int:
        """An answer that shows the rules; the number of the change that it is of."""
        version, number = int(view["version"]), number_of(view["detectors"]["rage_click"])
        self._record.note("rules_in_force", version=version, number=number)
        if version < self._known:
            self.problems.append(f"version {version} of the rules is in force after version {self._known} was")
        if self.versions.setdefault(version, number) != number:
            self.problems.append(f"version {version} of the rules is of the changes {self.versions[version]}, {number}")
        if number not in self.changes:
            self.problems.append(f"version {version} of the rules is of the change {number}, which nobody sent")
        elif wrong := [kind for kind, shown in view["detectors"].items() if not self._is_shown(number, kind, shown)]:
            self.problems.append(
                f"version {version} of the rules shows {', '.join(wrong)} otherwise than {number} said"
            )
        self._known = max(version, self._known)
        return number

    def _is_shown(self, number: int, kind: str, shown: Mapping[str, Any]) -> bool:
        thresholds = getattr(self.rules(number), kind).thresholds()
        enabled = getattr(self.rules(number), kind).enabled
        return shown["enabled"] == enabled and all(shown[name] == value for name, value in thresholds.items())

    def _asked(self, method: str, body: bytes = b"") -> Answer | None:
        """None: no answer."""
        try:
            answer = self._server.request(method, PATH, body, timeout_s=_TIMEOUT_S)
        except (OSError, http.client.HTTPException):
            self._record.count("rules: no answer")
            return None
        self._record.count(f"rules: {answer.status}")
        return answer


_WINDOW_MS: Final = Rules().rage_click.window_ms


def number_of(rage_click: Mapping[str, Any]) -> int:
    """Of the change that a rule, or the thresholds of an anomaly, are of."""
    return int(rage_click["window_ms"]) - _WINDOW_MS


def drawn(chance: Random, number: int) -> Own:
    own: Own = {"rage_click": {"min_clicks": chance.randint(3, 7), "window_ms": _WINDOW_MS + number}}
    if chance.random() < 0.5:
        own["rapid_fire"] = {"min_gaps": chance.randint(3, 6)}
    if chance.random() < 0.5:
        own["repeated_action"] = {"min_count": chance.randint(3, 6), "enabled": chance.random() < 0.7}
    if chance.random() < 0.3:
        own["stuck_pattern"] = {"min_cycles": chance.randint(2, 3)}
    return own
