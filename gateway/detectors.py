"""The rules of a project: what is in force, where each comes from, and setting them anew."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from actors.ports import EngineClient
from engine.book import DEFAULTS, Book, Page
from engine.config import Config
from engine.detectors import DETECTORS
from engine.errors import ClientError
from engine.overlay import KINDS, Overlay, difference, plain
from engine.rulebook import ruleset_of
from engine.rules import Rule
from gateway.body import BodyReader
from gateway.call import Answer, Call, json_answer
from gateway.json_body import fields_of, taken
from gateway.normalise import PROJECT_ID

_VERSION: Final = Annotated[int, msgspec.Meta(ge=1)]
_SEVERITIES: Final = {detector.kind: detector.severity for detector in DETECTORS}


class DetectorsView(msgspec.Struct):
    """`version`: of the project's rules. `detectors`: by type, with `version` (at which its rule was changed last),
    `severity`, `source` (default, config, project or api: the last that set anything of it), every field of the rule,
    and `defaults`, those that the code ships."""

    version: int
    project_id: str
    detectors: dict[str, dict[str, Any]]


class Detectors:
    def __init__(self, config: Config, engine: EngineClient, bodies: BodyReader) -> None:
        self._config = config
        self._engine = engine
        self._bodies = bodies

    async def show(self, call: Call) -> Answer:
        return json_answer(self._view(await self._engine.rules(), PROJECT_ID))

    async def put(self, call: Call) -> Answer:
        """What a project sets takes the place of all that it had set before."""
        fields = fields_of(await self._bodies.read(call), ("version", "detectors"))
        version = taken(fields, "version", _VERSION, None)
        if "detectors" not in fields:
            msg = '`detectors` is missing; {"detectors": {}} goes back to the configuration.'
            raise ClientError(msg, "missing_parameter")
        own = taken(fields, "detectors", dict[str, dict[str, Any]], {})
        return json_answer(self._view(await self._engine.configure(PROJECT_ID, own, version), PROJECT_ID))

    def _view(self, book: Book, project_id: str) -> DetectorsView:
        page = book.page(project_id)
        found = ruleset_of(page)
        detectors = {
            kind: {
                "version": found.version_of(kind),
                "severity": _SEVERITIES[kind],
                "source": self._source(page, project_id, kind),
                **_fields(getattr(found.rules, kind)),
                "defaults": _fields(getattr(DEFAULTS, kind)),
            }
            for kind in KINDS
            if kind in _SEVERITIES
        }
        return DetectorsView(found.version, project_id, detectors)

    def _source(self, page: Page, project_id: str, kind: str) -> str:
        project = self._config.projects.get(project_id)
        said: tuple[tuple[str, Overlay], ...] = (
            ("api", page.own),
            ("project", project.detectors if project else {}),
            ("config", difference(self._config.detectors, DEFAULTS)),
        )
        return next((source for source, overlay in said if overlay.get(kind)), "default")


def _fields(rule: Rule) -> Mapping[str, Any]:
    return {name: plain(getattr(rule, name)) for name in rule.__struct_fields__}
