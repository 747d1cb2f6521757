"""Precision and recall of the detectors on the corpus, and what cannot be told from what clients send."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from tests.corpus.run import found, standing
from tests.corpus.stream import Label, Stream

_HEAD: Final = f"{'type':<20} {'labels':>6} {'true':>6} {'false':>6} {'missed':>6} {'precision':>9} {'recall':>7}"


class Score(NamedTuple):
    """Of one type: anomalies that are labelled and were found, that were found only, and that are labelled only."""

    true: int
    false: int
    missed: int

    @property
    def precision(self) -> float:
        return self.true / (self.true + self.false) if self.true + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.true / (self.true + self.missed) if self.true + self.missed else 1.0


def scores(streams: Iterable[Stream]) -> dict[str, Score]:
    """By type, in the order of the alphabet. An anomaly is that of a label when all that is labelled is the same; those
    that should not be reported, and are, do not count."""
    labelled, said = Counter[tuple[str, Label]](), Counter[tuple[str, Label]]()
    for stream in streams:
        if not stream.reported:
            labelled.update((stream.title, label) for label in standing(stream.labels()))
            said.update((stream.title, label) for label in standing(found(stream)))
    kinds = sorted({label.type for _, label in (*labelled, *said)})
    both, more, missed = labelled & said, said - labelled, labelled - said
    return {kind: Score(_count(both, kind), _count(more, kind), _count(missed, kind)) for kind in kinds}


def _count(found: Counter[tuple[str, Label]], kind: str) -> int:
    return sum(count for (_, label), count in found.items() if label.type == kind)


def table(by_type: dict[str, Score]) -> list[str]:
    return [_HEAD, *(_row(kind, score) for kind, score in by_type.items()), _row("all", _sum(by_type.values()))]


def _sum(scores: Iterable[Score]) -> Score:
    return Score(*map(sum, zip(*scores, strict=True)))


def _row(kind: str, score: Score) -> str:
    counts = " ".join(f"{count:>6}" for count in (score.true + score.missed, *score))
    return f"{kind:<20} {counts} {score.precision:>9.3f} {score.recall:>7.3f}"


def known(streams: Sequence[Stream]) -> list[str]:
    """What is reported though it should not be, with the reason."""
    return [f"{stream.title}: {stream.reported}" for stream in streams if stream.reported]
