"""A watch for each set of rules that is in force, and the sessions that go from one to the next."""

from collections.abc import Callable, Sequence

from engine import config
from engine.detectors.base import Detector
from engine.noted import Noted
from engine.rulebook import Rulebook, Ruleset
from engine.session import Session
from engine.watch import Watch

MakeDetectors = Callable[[Ruleset, config.Session], Sequence[Detector | None]]


class Watches:
    def __init__(self, limits: config.Session, rulebook: Rulebook, make: MakeDetectors) -> None:
        self._limits = limits
        self._rulebook = rulebook
        self._make = make
        self._by_project: dict[str, Watch] = {}
        self.noted = Noted()

    def of(self, session: Session) -> Watch:
        """Of the rules that are in force for a session; it takes them over if they are new to it."""
        watch = self._by_project.get(session.project_id) or self._watch(session.project_id)
        if session.rules_version != watch.version:
            watch.take_over(session)
        return watch

    def _watch(self, project_id: str) -> Watch:
        ruleset = self._rulebook.of(project_id)
        detectors = self._make(ruleset, self._limits)
        watch = Watch(
            detectors,
            version=ruleset.version,
            versions=[1 if detector is None else ruleset.version_of(detector.kind) for detector in detectors],
            continuous_types=self._limits.continuous_types,
            max_anomalies=self._limits.max_anomalies,
            noted=self.noted,
        )
        self._by_project[project_id] = watch
        return watch

    def changed(self) -> None:
        """The rulebook says something else now."""
        self._by_project.clear()

    def thaw(self, session: Session) -> None:
        """The plain values of a session that was just decoded as the states that they were."""
        watch = self._by_project.get(session.project_id) or self._watch(session.project_id)
        watch.thaw(session)
