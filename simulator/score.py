"""What a server reported against what really happened: precision and recall by type."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from simulator.errors import SimulatorError
from simulator.truth import RUN, Fact


class Claim(NamedTuple):
    """That something happened in a session: a fact says so, or a server. Without `event_ids` it is about all of it."""

    session_id: str
    type: str
    event_ids: frozenset[str]


class Score(NamedTuple):
    """`found` of the `planted` were reported; `right` of the `reported` really happened."""

    planted: int
    reported: int
    found: int
    right: int

    @property
    def recall(self) -> float:
        return self.found / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.reported if self.reported else 1.0


class Truth(NamedTuple):
    """`run` is the last line: the times between which it all happened."""

    claims: tuple[Claim, ...]
    run: Fact


def read_truth(lines: Iterable[bytes]) -> Truth:
    """Raises SimulatorError when it is not what a finished run has written."""
    decoder = msgspec.json.Decoder(Fact)
    facts: list[Fact] = []
    for number, text in enumerate(lines, 1):
        try:
            facts.append(decoder.decode(text))
        except msgspec.DecodeError as error:
            message = f"Line {number} of the truth is none: {error}."
            raise SimulatorError(message) from error
    if not facts or facts[-1].type != RUN:
        message = "The truth does not end with the line of its run: the run is not over, or was killed."
        raise SimulatorError(message)
    claims = (Claim(fact.session_id, fact.type, frozenset(fact.event_ids)) for fact in facts[:-1])
    return Truth(tuple(claims), facts[-1])


def score(planted: Sequence[Claim], reported: Sequence[Claim]) -> dict[str, Score]:
    """By type, in the order of the alphabet. Two claims meet when session and type are the same and they share an
    event, or one of them names none."""
    return {
        kind: _score([c for c in planted if c.type == kind], [c for c in reported if c.type == kind])
        for kind in sorted({claim.type for claim in (*planted, *reported)})
    }


def _score(planted: Sequence[Claim], reported: Sequence[Claim]) -> Score:
    return Score(len(planted), len(reported), _met(planted, reported), _met(reported, planted))


def _met(claims: Sequence[Claim], others: Sequence[Claim]) -> int:
    """How many of `claims` meet one of `others`."""
    by_session: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
    for other in others:
        by_session[other.session_id].append(other.event_ids)
    return sum(any(_agree(claim.event_ids, ids) for ids in by_session.get(claim.session_id, ())) for claim in claims)


def _agree(some: frozenset[str], others: frozenset[str]) -> bool:
    return not some or not others or not some.isdisjoint(others)
