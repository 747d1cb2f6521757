"""A watch for each set of rules that is in force, and the sessions that go from one to the next."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from engine import config
from engine.detectors.base import Detector
from engine.noted import Noted
from engine.rulebook import Rulebook, Ruleset
from engine.rules import Rules
from engine.session import Session
from engine.thaw import Thaw
from engine.watch import Watch

_MAX_PROJECTS: Final = 10_000  # looked up once more when there are more

MakeDetectors = Callable[[Ruleset, config.Session], Sequence[Detector | None]]


class Watches:
    def __init__(self, limits: config.Session, rulebook: Rulebook, make: MakeDetectors) -> None:
        self._limits = limits
        self._rulebook = rulebook
        self._make = make
        self._by_project: dict[str, Watch] = {}
        self._by_ruleset: dict[int, tuple[Ruleset, Watch]] = {}  # most projects have the same
        self.noted = Noted()
        self.thaw = Thaw(make(_all_on(), limits))

    def of(self, session: Session) -> Watch:
        """Of the rules that are in force for a session; it takes them over if they are new to it."""
        watch = self._by_project.get(session.project_id) or self._watch(session.project_id)
        if session.rules_version != watch.version:
            watch.take_over(session)
        return watch

    def _watch(self, project_id: str) -> Watch:
        ruleset = self._rulebook.of(project_id)
        known = self._by_ruleset.get(id(ruleset))
        if known is None:
            known = self._by_ruleset[id(ruleset)] = ruleset, self._made(ruleset)
        if len(self._by_project) >= _MAX_PROJECTS:
            self._by_project.clear()
        self._by_project[project_id] = known[1]
        return known[1]

    def _made(self, ruleset: Ruleset) -> Watch:
        detectors = self._make(ruleset, self._limits)
        return Watch(
            detectors,
            version=ruleset.version,
            versions=[1 if detector is None else ruleset.version_of(detector.kind) for detector in detectors],
            kinds=self._limits,
            thaw=self.thaw,
            noted=self.noted,
        )

    def changed(self) -> None:
        """The rulebook says something else now. What it says as before keeps its watch."""
        self._by_project.clear()
        in_force = self._by_ruleset
        self._by_ruleset = {key: known for key, known in in_force.items() if self._rulebook.holds(known[0])}


def _all_on() -> Ruleset:
    rules = Rules()
    on = {kind: msgspec.structs.replace(getattr(rules, kind), enabled=True) for kind in Rules.__struct_fields__}
    return Ruleset(rules=Rules(**on))
