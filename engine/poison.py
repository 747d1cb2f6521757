"""Whom a shard suspects of killing its process, and which events it has taken out of the fold for that.

A process that dies while it folds leaves a mark (persistence/mark.py). The first death makes a suspect of all that was
being folded; what is suspected is folded in steps, so that the second death names the step; the third time that step
is left out.
"""

from typing import Final, NamedTuple

import msgspec

from engine.errors import JournalDamaged
from engine.idset import hash_id
from engine.wire import Control, Seen

BATCH: Final = 1  # of a gateway, not journaled yet
FRAME: Final = 2  # of the journal, while it is replayed
ENDS: Final = 3  # the sessions whose time is over
KINDS: Final = (BATCH, FRAME, ENDS)
NOWHERE: Final = bytes(8)  # the steps were not marked

MAX_SUSPECTS: Final = 64
MAX_GUILTY: Final = 8  # steps of one batch that kill; with more of them it is the code that is ill, not an event
MAX_ISOLATED: Final = 1_000

# What comes from a client may be left out at once. A frame was acked, and what is left out of it is missed in a
# session: only where the process died twice at the same step.
_DEATHS_NEEDED: Final = {BATCH: 1, ENDS: 1, FRAME: 2}


class Subject(NamedTuple):
    """What is folded in one go. `gateway`, `number`: of the batch; for a frame the number is its sequence number."""

    kind: int
    gateway: str = ""
    number: int = 0


def name_of_event(event: Seen) -> bytes:
    return hash_id(_key(event))


def name_of_control(control: Control) -> bytes:
    return hash_id(f"{control.kind}\0{control.project_id}\0{control.session_id}")


class Suspect(msgspec.Struct, array_like=True):
    """`places`: how often the process died at each step, once the steps were marked."""

    subject: Subject
    deaths: int = 0
    places: dict[bytes, int] = {}

    def condemns(self, name: bytes) -> bool:
        """Whether this step is left out."""
        needed = _DEATHS_NEEDED[self.subject.kind]
        guilty = [place for place, deaths in self.places.items() if deaths >= needed]
        return name in guilty or len(guilty) > MAX_GUILTY


class Suspects(msgspec.Struct, array_like=True):
    """Kept in the journal, because each of those that it tells about ended a process."""

    known: list[Suspect] = []

    def of(self, subject: Subject) -> Suspect | None:
        if not self.known:
            return None
        return next((suspect for suspect in self.known if suspect.subject == subject), None)

    def blame(self, subject: Subject, place: bytes, replay_after: int) -> Suspect:
        """A process died in it. Frames up to `replay_after` are never replayed again, and forgotten."""
        suspect = self.of(subject) or Suspect(subject)
        suspect.deaths += 1
        if place != NOWHERE:
            suspect.places[place] = suspect.places.get(place, 0) + 1
        others = [s for s in self.known if s is not suspect and not _is_over(s.subject, replay_after)]
        if len(others) >= MAX_SUSPECTS:
            _forget_one(others)
        self.known = [*others, suspect]
        return suspect

    def acquit(self, subject: Subject) -> None:
        """It was folded, and the process lives."""
        self.known = [suspect for suspect in self.known if suspect.subject != subject]


def _is_over(subject: Subject, replay_after: int) -> bool:
    return subject.kind == FRAME and subject.number <= replay_after


def _forget_one(suspects: list[Suspect]) -> None:
    """The oldest batch: its gateway has given it up. A frame comes again at each start."""
    for place, suspect in enumerate(suspects):
        if suspect.subject.kind != FRAME:
            del suspects[place]
            return
    message = f"The process died in more than {MAX_SUSPECTS} different frames of its journal: that is no event's fault."
    message += " Start the version that wrote them."
    raise JournalDamaged(message)


class Isolated(msgspec.Struct, array_like=True):
    """Events that are stored and not folded, each with the frame that holds it; the oldest forgotten first. A resend
    is a duplicate. Part of the snapshot."""

    frames: dict[str, int] = {}

    def add(self, event: Seen, seq: int) -> None:
        self.frames[_key(event)] = seq
        if len(self.frames) > MAX_ISOLATED:
            del self.frames[next(iter(self.frames))]

    def holds(self, event: Seen, seq: int) -> bool:
        """Whether it was isolated before frame `seq`: a replay must not know more than the first time."""
        return self.frames.get(_key(event), seq) < seq

    def event_ids(self) -> set[str]:
        return {key.partition("\0")[2] for key in self.frames}


def _key(event: Seen) -> str:
    return f"{event.project_id}\0{event.event_id}"
