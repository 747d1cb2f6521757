"""Sequences: a project's own patterns, each a type of anomaly with a name and a severity of its own.

A sequence looks at the event types of its steps; a strict one at every action, because any other breaks it.
"""

from typing import Final

import msgspec

from engine import config
from engine.detectors.actions_and import ActionsAnd
from engine.detectors.base import NO_FINDINGS, Action, Detector, Finding, Verdict
from engine.detectors.cluster import Cluster
from engine.detectors.progress import Course, Progress
from engine.moment import Moment
from engine.rules import Sequence
from engine.rules import Sequences as Rule


class SequencesState(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """By the names of the patterns."""

    progress: dict[str, Progress]


class Pattern:
    """One sequence, and how it is followed and told."""

    def __init__(self, sequence: Sequence) -> None:
        self.name: Final = sequence.name
        self.types: Final = frozenset().union(*sequence.steps)
        self.is_strict: Final = sequence.strict
        self._sequence = sequence
        self._course = Course(
            sequence.steps, times=sequence.times, window_ms=sequence.window_ms, is_strict=sequence.strict
        )

    def advanced(self, known: Progress | None, moment: Moment) -> tuple[Progress | None, Finding | None]:
        progress = self._course.advanced(known, moment)
        if progress is None or not progress.cycles.count or (known is not None and progress.cycles is known.cycles):
            return progress, None
        return progress, self._found(progress.cycles)

    def _found(self, cycles: Cluster) -> Finding:
        times = "once" if cycles.count == 1 else f"{cycles.count} times"
        return cycles.finding(
            f"{self._course.name} was done {times} in {cycles.seconds:g} s.",
            {
                "pattern": self._course.name,
                "times": cycles.count,
                "min_times": self._sequence.times,
                "window_ms": self._sequence.window_ms,
            },
            severity=self._sequence.severity,
            type=self.name,
        )


class Sequences(Detector):
    kind = "sequences"
    severity = "medium"
    State = SequencesState

    def __init__(self, rule: Rule, kinds: config.Session) -> None:
        super().__init__(rule, kinds)
        patterns = [Pattern(sequence) for sequence in rule.patterns]
        types = frozenset[str]().union(*(pattern.types for pattern in patterns))
        self._strict = tuple(pattern for pattern in patterns if pattern.is_strict)
        self._by_type = {
            event_type: tuple(
                pattern
                for pattern in patterns
                if event_type in pattern.types or (pattern.is_strict and event_type not in kinds.continuous_types)
            )
            for event_type in types
        }
        self.event_types = ActionsAnd(types, kinds.continuous_types) if self._strict else types
        self.first_types = frozenset[str]().union(*(sequence.steps[0] for sequence in rule.patterns))

    def see(self, state: SequencesState | None, moment: Moment, before: Action) -> Verdict:
        known = {} if state is None else state.progress
        changed = dict(known)
        found: list[Finding] = []
        for pattern in self._by_type.get(moment.event_type, self._strict):
            progress, finding = pattern.advanced(known.get(pattern.name), moment)
            if progress is not None:
                changed[pattern.name] = progress
            else:
                changed.pop(pattern.name, None)
            if finding is not None:
                found.append(finding)
        if not changed:
            return None, NO_FINDINGS
        return (state if changed == known else SequencesState(changed)), found
