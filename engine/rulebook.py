"""Which rules are in force for whom. Asked for every event: a look into a dictionary."""

import msgspec

from engine.book import DEFAULTS, Book, Configured, Dated, Page, rules_of
from engine.config import Config
from engine.rules import Rules


class Ruleset(msgspec.Struct, frozen=True):
    """The rules of a project. `version` counts up with every change of them; `versions`: at which one the rule of a
    detector changed last, 1 where it is not named."""

    version: int = 1
    rules: Rules = DEFAULTS
    versions: dict[str, int] = {}

    def version_of(self, kind: str) -> int:
        return self.versions.get(kind, 1)


def ruleset_of(page: Page) -> Ruleset:
    return Ruleset(page.version, rules_of(page), page.versions)


class Rulebook:
    """Of one shard. The journal's frames say when the book changes, so that a replay judges as the first time.

    `rules`: in force while the book says nothing; `configured`: what `wanted` makes of the book.
    """

    def __init__(self, rules: Rules = DEFAULTS, *, configured: Configured | None = None) -> None:
        self._base = Ruleset(rules=rules)
        self._configured = configured or Configured(rules)
        self._dated = [Dated()]
        self._sets: dict[str, Ruleset] = {}

    @property
    def book(self) -> Book:
        return self._dated[-1].book

    def of(self, project_id: str) -> Ruleset:
        """The same object until its rules change."""
        return self._sets.get(project_id, self._base)

    def holds(self, ruleset: Ruleset) -> bool:
        """Whether these very rules are in force for anybody."""
        return ruleset is self._base or any(ruleset is one for one in self._sets.values())

    def wanted(self) -> Book:
        """What the book has to be under the configuration; the one in force when that is the same."""
        return self._configured.book(self.book)

    def take(self, book: Book, seq: int) -> None:
        """From now on: frame `seq` said so."""
        self._dated.append(Dated(seq, book))
        self._show(book)

    def load(self, saved: list[Dated], replay_after: int) -> None:
        """What a snapshot kept, as it was when the first frame was folded that a replay begins with."""
        if saved:
            self._dated = [[dated for dated in saved if dated.seq <= replay_after][-1]]
            self._show(self.book)

    def kept(self, replay_after: int) -> list[Dated]:
        """For a snapshot. What came later is in the frames that are still there."""
        while len(self._dated) > 1 and self._dated[1].seq <= replay_after:
            self._dated.pop(0)
        first = self._dated[0]
        return [] if first == Dated() else [first]

    def _show(self, book: Book) -> None:
        """Rulesets that stay the same stay the same object."""
        self._base = _same(self._base, ruleset_of(book.base))
        self._sets = {name: _same(self.of(name), ruleset_of(page)) for name, page in book.projects.items()}


def configured(config: Config) -> Configured:
    return Configured(config.detectors, {name: project.detectors for name, project in config.projects.items()})


def rulebook_of(config: Config) -> Rulebook:
    """That of a shard that starts for the first time. Raises ClientError for a project's rules that are none."""
    made = Rulebook(configured=configured(config))
    made.take(made.wanted(), 0)
    return made


def _same(before: Ruleset, now: Ruleset) -> Ruleset:
    return before if before == now else now
