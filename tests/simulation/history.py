"""What the journal said from its first frame on, and the rules that it must keep. Two judges: a registry that folds
every frame and never saves, forgets or stops, and an account of sessions by the outcomes alone."""

from collections.abc import Iterable
from typing import Final

import msgspec

from actors.shard_rules import RULES
from engine.book import decode_book
from engine.config import Session as Limits
from engine.rulebook import Rulebook
from engine.session import encode_session
from engine.wire import ACCEPTED, DUPLICATE, LATE_FOLDED, LATE_RAW, Outcome, decode_batch, decode_outcome
from persistence.journal import Frame
from tests.builders import make_registry
from tests.simulation.account import Account

_FOLDED: Final = (ACCEPTED, LATE_FOLDED)
_KNOWN: Final = (ACCEPTED, LATE_FOLDED, LATE_RAW, DUPLICATE)

_ending = msgspec.msgpack.Decoder(tuple[int, list[tuple[str, int]]]).decode


class History:
    def __init__(self, limits: Limits) -> None:
        self.frames: list[Frame] = []
        self.rulebook = Rulebook()
        self.model = make_registry(rulebook=self.rulebook)
        self.statuses: dict[str, list[int]] = {}  # of each event id, in the order of the journal
        self.outcomes: list[Outcome] = []
        self.account = Account(limits)

    @property
    def last_seq(self) -> int:
        return len(self.frames)

    def follow(self, frames: Iterable[Frame]) -> None:
        """What the journal holds, or the end of it: frames that were there before are as they were, and new ones come
        without a gap."""
        for frame in frames:
            if frame.seq <= self.last_seq:
                assert frame == self.frames[frame.seq - 1], f"frame {frame.seq} is another one now"
                continue
            assert frame.seq == self.last_seq + 1, f"frame {frame.seq} follows {self.last_seq}"
            assert not self.frames or frame.epoch >= self.frames[-1].epoch, "a lower epoch wrote after a higher one"
            assert not self.frames or frame.received_ms >= self.frames[-1].received_ms, "receive time went back"
            self.frames.append(frame)
            self._fold(frame, decode_outcome(frame.outcome))

    def _fold(self, frame: Frame, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if frame.kind == "batch":
            batch = decode_batch(frame.body)
            assert self.model.apply(batch, frame.received_ms, frame.seq) == outcome
            for event, status in zip(batch.events, outcome.statuses, strict=True):
                self.statuses.setdefault(event.event_id, []).append(status)
            self.account.batch(frame, batch, outcome)
        elif frame.kind == "start":
            self.account.start(frame)
        elif frame.kind == RULES:
            self.rulebook.take(decode_book(frame.body), frame.seq)
            self.model.rules_changed(frame.received_ms)
        else:
            assert self.model.end(_ending(frame.body)[1], frame.received_ms, frame.seq) == outcome
            self.account.end(frame, outcome)

    def sessions(self) -> dict[tuple[str, int], bytes]:
        """Every session there ever was, encoded."""
        residents = self.model.residents
        known = (session for key in residents.dirty for session in residents.changed(key))
        return {(session.key, session.generation): encode_session(session) for session in known}

    def check_events(self, acked: set[str]) -> None:
        """An acked event is in the journal and folded once; another one at most once."""
        assert acked <= self.statuses.keys(), f"lost: {acked - self.statuses.keys()}"
        for event_id, statuses in self.statuses.items():
            if not set(statuses) <= set(_KNOWN):
                continue  # stored and not folded, each time it came
            assert sum(status in _FOLDED for status in statuses) <= 1, f"{event_id} was folded twice: {statuses}"
            assert statuses[0] != DUPLICATE, f"{event_id} was called a duplicate when it came first"
            assert set(statuses[1:]) <= {DUPLICATE, LATE_RAW}, f"{event_id}: {statuses}"
