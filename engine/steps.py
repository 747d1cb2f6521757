"""A batch folded one step at a time: the same state as in one go, and who dies of it is known by name.

Also the way to leave steps out. It is for the few batches that are suspected; all others are folded in one go.
"""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from engine.analysis import Summary
from engine.idset import hash_id
from engine.poison import name_of_control, name_of_event
from engine.registry import Registry
from engine.wire import QUARANTINED, AnomalyRow, Batch, Began, Control, Outcome, Seen, encode

At = Callable[[bytes], None]


class Step(NamedTuple):
    """One event or one control, as a batch of its own. `place`: where it stands in the whole one."""

    name: bytes
    place: int
    part: Batch[Seen]


class Merged:
    """The outcomes of the steps as that of the whole. What was left out belongs to no session: generation 0."""

    def __init__(self, events: int, controls: int) -> None:
        self.statuses = bytearray([QUARANTINED]) * events
        self._controls = bytearray(controls)
        self._generations = [0] * events
        self._session_ids: dict[int, str] = {}
        self._summaries: dict[tuple[str, str, int], Summary] = {}
        self._anomalies: dict[str, AnomalyRow] = {}
        self._unsure = 0
        self._indexes = [0] * events
        self._begun: list[Began] = []
        self._moved: dict[int, int] = {}

    def add(self, outcome: Outcome, place: int = 0) -> None:
        for status, generation, index in zip(outcome.statuses, outcome.generations, outcome.indexes, strict=True):
            self.statuses[place], self._generations[place], self._indexes[place] = status, generation, index
        for done in outcome.controls:
            self._controls[place] = done
        for session_id in outcome.session_ids.values():
            self._session_ids[place] = session_id
        for moved_ms in outcome.moved.values():
            self._moved[place] = moved_ms
        for summary in outcome.summaries:
            self._summaries[summary.project_id, summary.session_id, summary.generation] = summary
        self._anomalies |= {row.anomaly.id: row for row in outcome.anomalies}
        self._unsure += outcome.unsure
        self._begun += outcome.begun

    def outcome(self) -> Outcome:
        return Outcome(
            statuses=bytes(self.statuses),
            generations=self._generations,
            session_ids=self._session_ids,
            controls=bytes(self._controls),
            summaries=list(self._summaries.values()),
            anomalies=list(self._anomalies.values()),
            unsure=self._unsure,
            indexes=self._indexes,
            begun=self._begun,
            moved=self._moved,
        )


def fold_in_steps(
    registry: Registry,
    batch: Batch[Seen],
    now_ms: int,
    seq: int,
    *,
    decided: Mapping[int, int],
    refused: Collection[int],
    at: At,
) -> Outcome:
    """`decided`: events (by place) that are not folded, each with its status; `refused`: controls that are not done."""
    merged = Merged(len(batch.events), len(batch.controls))
    for place, status in decided.items():
        merged.statuses[place] = status
    for step in _steps(batch):
        if step.place in (decided if step.part.events else refused):
            continue
        at(step.name)
        outcome = registry.apply(step.part, now_ms, seq, settles=False)
        encode(outcome)  # what cannot be encoded is found here, where its name is known
        merged.add(outcome, step.place)
    merged.add(registry.settle(lambda event: at(name_of_event(event))))
    return merged.outcome()


def end_in_steps(registry: Registry, ending: Collection[tuple[str, int]], now_ms: int, seq: int, at: At) -> Outcome:
    """`Registry.end`, one session after the other."""
    merged = Merged(0, 0)
    for key, generation in ending:
        at(hash_id(key))
        outcome = registry.end([(key, generation)], now_ms, seq)
        encode(outcome)
        merged.add(outcome)
    return merged.outcome()


def _steps(batch: Batch[Seen]) -> list[Step]:
    """In the order of `Registry.apply`."""
    order = sorted(range(len(batch.events)), key=lambda place: batch.events[place].at_ms)
    events = [Step(name_of_event(batch.events[place]), place, _part(batch, [batch.events[place]])) for place in order]
    controls = [
        Step(name_of_control(control), place, _part(batch, [], [control]))
        for place, control in enumerate(batch.controls)
    ]
    opens = [step for step in controls if step.part.controls[0].kind == "open"]
    closes = [step for step in controls if step.part.controls[0].kind == "close"]
    return [*opens, *events, *closes]


def _part(batch: Batch[Seen], events: list[Seen], controls: list[Control] | None = None) -> Batch[Seen]:
    return Batch(batch.gateway, batch.number, batch.received_ms, events, controls or [])
