"""Which rules are in force for whom."""

from collections.abc import Mapping

import msgspec

from engine.config import Config
from engine.overlay import applied
from engine.rules import Rules


class Ruleset(msgspec.Struct, frozen=True):
    """The rules of a project. `version` counts up with every change of them; `versions`: at which one the rule of a
    detector changed last, 1 where it is not named."""

    version: int = 1
    rules: Rules = Rules()
    versions: dict[str, int] = {}

    def version_of(self, kind: str) -> int:
        return self.versions.get(kind, 1)


class Rulebook:
    """`projects`: the rules of those that have some of their own."""

    def __init__(self, rules: Rules, projects: Mapping[str, Rules] | None = None) -> None:
        self._default = Ruleset(rules=rules)
        self._projects = {name: Ruleset(rules=own) for name, own in (projects or {}).items()}

    def of(self, project_id: str) -> Ruleset:
        return self._projects.get(project_id, self._default)


def rulebook_of(config: Config) -> Rulebook:
    """Raises ClientError for a project's rules that are none."""
    own = {name: applied(config.detectors, project.detectors) for name, project in config.projects.items()}
    return Rulebook(config.detectors, own)
