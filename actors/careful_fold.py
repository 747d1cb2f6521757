"""Folds for a shard, so that a process that dies of it leaves behind what it was folding, and the next one is careful.

The rules are in engine/poison.py. What is left out of the fold is stored all the same, and nothing that was acked is
left out silently.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import structlog

from engine.idset import hash_id
from engine.poison import (
    BATCH,
    ENDS,
    FRAME,
    NOWHERE,
    Isolated,
    Subject,
    Suspect,
    Suspects,
    name_of_control,
    name_of_event,
)
from engine.registry import Registry
from engine.steps import end_in_steps, fold_in_steps
from engine.wire import (
    DUPLICATE,
    QUARANTINED,
    Batch,
    Ending,
    Outcome,
    Reply,
    Seen,
    decode_ending,
    decode_outcome,
    decode_statuses,
    encode,
)
from persistence.journal import Frame, Journal

_NAME: Final = "suspects"
_WHAT: Final = {BATCH: "batch", FRAME: "frame", ENDS: "ends"}

_decode_suspects = msgspec.msgpack.Decoder(Suspects).decode


class CarefulFold:
    """Made before the journal is replayed: then the mark is still that of the process before."""

    def __init__(self, journal: Journal, registry: Registry, isolated: Isolated, *, shard: int) -> None:
        self._journal = journal
        self._mark = journal.mark
        self._registry = registry
        self._isolated = isolated
        self._event_ids = isolated.event_ids()
        self._log = structlog.get_logger(__name__).bind(shard=shard)
        saved = journal.get(_NAME)
        self._suspects = _decode_suspects(saved) if saved else Suspects()
        self._look_back()

    def _look_back(self) -> None:
        marked = self._mark.read()
        if marked is None:
            return
        kind, gateway, number = marked.subject
        replay_after = self._journal.snapshot()[2]
        deaths = self._suspects.blame(marked.subject, marked.place, replay_after).deaths
        self._keep()
        self._mark.clear()
        what = {"of": _WHAT[kind], "gateway": gateway, "number": number, "deaths": deaths}
        self._log.warning("the last process died in a fold", **what, is_named=marked.place != NOWHERE)

    def _keep(self) -> None:
        self._journal.put(_NAME, encode(self._suspects))

    # -- batches --------------------------------------------------------------------------------------------------

    def apply(self, batch: Batch[Seen], now_ms: int, seq: int) -> tuple[Outcome, bytes]:
        """What the batch did, and its bytes. An exception out of this is a death: the process must end."""
        subject = Subject(BATCH, batch.gateway, batch.number)
        with self._mark.folding(subject):
            suspect = self._suspects.of(subject)
            decided = self._resent(batch, seq)
            if suspect is None and not decided:
                outcome = self._registry.apply(batch, now_ms, seq)
            else:
                self._leave_out(batch, suspect, decided, seq, "event is stored and not folded: a process died of it")
                outcome = self._in_steps(batch, now_ms, seq, decided, _refused(batch, suspect))
            encoded = encode(outcome)
        return outcome, encoded

    def journaled(self, batch: Batch[Seen]) -> None:
        """It is on disk: what it was suspected of is decided."""
        self._acquit(Subject(BATCH, batch.gateway, batch.number))

    def replay(self, frame: Frame, batch: Batch[Seen], *, is_new: bool) -> Reply:
        """What was left out the first time is left out again. `is_new`: the snapshot does not know of the frame."""
        subject, seq, now_ms = Subject(FRAME, "", frame.seq), frame.seq, frame.received_ms
        with self._mark.folding(subject):
            statuses = decode_statuses(frame.outcome).statuses
            suspect = self._suspects.of(subject)
            decided = self._resent(batch, seq)
            refused = _refused_before(batch, frame)
            if QUARANTINED in statuses:
                decided |= self._isolated_before(batch, statuses, seq, is_new=is_new)
            if suspect is None and not decided and not refused:
                outcome = self._registry.apply(batch, now_ms, seq)
            else:
                self._leave_out(
                    batch, suspect, decided, seq, "acked event is left out of its session: a replay died of it"
                )
                outcome = self._in_steps(batch, now_ms, seq, decided, refused | _refused(batch, suspect))
        return Reply(statuses, outcome.controls)

    def _in_steps(
        self, batch: Batch[Seen], now_ms: int, seq: int, decided: Mapping[int, int], refused: set[int]
    ) -> Outcome:
        return fold_in_steps(self._registry, batch, now_ms, seq, decided=decided, refused=refused, at=self._mark.at)

    def _resent(self, batch: Batch[Seen], seq: int) -> dict[int, int]:
        """The events that are stored and isolated already."""
        if not self._event_ids or self._event_ids.isdisjoint([event.event_id for event in batch.events]):
            return {}
        return {place: DUPLICATE for place, event in enumerate(batch.events) if self._isolated.holds(event, seq)}

    def _leave_out(
        self, batch: Batch[Seen], suspect: Suspect | None, decided: dict[int, int], seq: int, why: str
    ) -> None:
        """Isolate the events of which the process died."""
        guilty: set[bytes] = set()
        for place, event in enumerate(batch.events):
            name = name_of_event(event)
            if suspect is None or place in decided or not suspect.condemns(name):
                continue
            decided[place] = DUPLICATE if name in guilty else QUARANTINED
            if name not in guilty:
                guilty.add(name)
                self._isolate(event, seq)
                ids = {"project_id": event.project_id, "event_id": event.event_id, "session_id": event.session_id}
                self._log.error(why, frame=seq, **ids)

    def _isolated_before(self, batch: Batch[Seen], statuses: bytes, seq: int, *, is_new: bool) -> dict[int, int]:
        """The events that this frame isolated, and those of the same id beside them."""
        isolated = [event for event, status in zip(batch.events, statuses, strict=True) if status == QUARANTINED]
        if is_new:
            for event in isolated:
                self._isolate(event, seq)
        names = set(map(name_of_event, isolated))
        return {place: statuses[place] for place, event in enumerate(batch.events) if name_of_event(event) in names}

    def _isolate(self, event: Seen, seq: int) -> None:
        self._isolated.add(event, seq)
        self._event_ids = self._isolated.event_ids()

    def _acquit(self, subject: Subject) -> None:
        if self._suspects.of(subject) is not None:
            self._suspects.acquit(subject)
            self._keep()

    # -- ends -----------------------------------------------------------------------------------------------------

    def end(
        self, kind: str, sessions: Sequence[tuple[str, int]], now_ms: int, seq: int
    ) -> tuple[Ending, Outcome, bytes]:
        """What ends, what that did, and its bytes. `kind`: tick or sweep."""
        subject = Subject(ENDS, kind)
        ending = Ending(now_ms, [*sessions])
        with self._mark.folding(subject):
            outcome = self._end(ending, self._suspects.of(subject), seq)
            encoded = encode(outcome)
        return ending, outcome, encoded

    def all_ended(self, kind: str) -> None:
        """Nobody is due any more, and the process lives."""
        self._acquit(Subject(ENDS, kind))

    def replay_end(self, frame: Frame) -> None:
        subject = Subject(FRAME, "", frame.seq)
        with self._mark.folding(subject):
            self._end(decode_ending(frame.body), self._suspects.of(subject), frame.seq)

    def _end(self, ending: Ending, suspect: Suspect | None, seq: int) -> Outcome:
        for place, (key, _) in enumerate(ending.sessions):
            if suspect is not None and place not in ending.silenced and suspect.condemns(hash_id(key)):
                ending.silenced.append(place)
                self._log.error("session ends without detectors and patterns: a process died of its end", key=key)
        for place in ending.silenced:
            self._registry.silence(*ending.sessions[place])
        if suspect is None:
            return self._registry.end(ending.sessions, ending.now_ms, seq)
        return end_in_steps(self._registry, ending.sessions, ending.now_ms, seq, at=self._mark.at)


def _refused(batch: Batch[Seen], suspect: Suspect | None) -> set[int]:
    """The controls of which a process died."""
    if suspect is None:
        return set()
    return {place for place, c in enumerate(batch.controls) if suspect.condemns(name_of_control(c))}


def _refused_before(batch: Batch[Seen], frame: Frame) -> set[int]:
    """The controls that did nothing the first time, for whatever reason."""
    if not batch.controls:
        return set()
    return {place for place, done in enumerate(decode_outcome(frame.outcome).controls) if not done}
