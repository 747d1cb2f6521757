"""docs/payloads.md: what is read of a payload, by type of event, under which names, and who looks at it."""

from collections.abc import Iterable
from typing import Final

from engine.config import Session
from engine.detectors import build_detectors
from engine.detectors.base import Detector
from engine.rulebook import Ruleset
from gateway.moves import MAX_POINTS
from gateway.payload_names import GROUPS, TARGET, Group, Said
from gateway.targets import OPT_OUTS

_HEAD: Final = """\
# What is read of a payload

Made from the code by `python -m cli.documents`; do not edit by hand.

A payload belongs to its client: all of it is stored as it came, and any event may have one. Of some types of events the
fields below are read as well. Of several names the first that holds a value of the right kind counts; what is missing
or of another kind is not there, and nothing of it is a reason to refuse an event. Which types of events these are is a
setting, `session.page_types` and so on; the types named here are the defaults. Of detectors that look at any action,
{any_action},
only the use of fields is named; `sequences` look at what a project says.
"""

_TARGET_HEAD: Final = """
### A click's `target`
An object. Its `attributes`, where it has some, are read as if they stood beside them. The classes
{opt_outs},
or attributes `data-…` of these names, on the element or around it, say that clicks there are not to be judged.

"""

_MOVES: Final = f"""
Of more than {MAX_POINTS} positions the last ones are read.
"""

_REST: Final = """
## Events that say enough by being there
Nothing is read of their payload.

| types | setting | looked at by |
|---|---|---|
"""

_KINDS: Final = tuple(name for name in Session.__struct_fields__ if isinstance(getattr(Session(), name), frozenset))
_OWN_USE: Final = {"close_types": ("end of the session",)}  # beside what detectors look at


def payloads_page() -> str:
    head = _HEAD.format(any_action=_shown(_of_any_action()))
    return head + "".join(map(_section, GROUPS)) + _REST + "".join(map(_rest_line, _without_fields()))


def _section(group: Group) -> str:
    types = _shown(one for kind in group.kinds for one in sorted(getattr(Session(), kind)))
    settings = _shown(f"session.{kind}" for kind in group.kinds)
    looked_at = _shown(_detectors(group.kinds, group.fields))
    text = f"\n## {group.title}\n{types} ({settings}). Looked at by {looked_at}.\n\n{_table(group.fields)}"
    if "click_types" in group.kinds:
        text += _TARGET_HEAD.format(opt_outs=_shown(OPT_OUTS)) + _table(TARGET.values())
    return text + (_MOVES if "move_types" in group.kinds else "")


def _table(fields: Iterable[Said]) -> str:
    return "| names | value | | used by |\n|---|---|---|---|\n" + "".join(map(_line, fields))


def _line(said: Said) -> str:
    return f"| {_shown(said.names)} | {said.value} | {said.meaning} | {_shown(said.used_by)} |\n"


def _without_fields() -> list[str]:
    read = {kind for group in GROUPS for kind in group.kinds}
    return [kind for kind in _KINDS if kind not in read and kind != "continuous_types"]


def _rest_line(kind: str) -> str:
    types = _shown(sorted(getattr(Session(), kind)))
    return f"| {types} | `session.{kind}` | {', '.join((*_OWN_USE.get(kind, ()), _shown(_detectors([kind]))))} |\n"


def _detectors(kinds: Iterable[str], fields: Iterable[Said] = ()) -> list[str]:
    """Those that look at these types in particular, or at these fields."""
    types = [one for kind in kinds for one in getattr(Session(), kind)]
    used = {one for said in fields for one in said.used_by}
    return [
        one.kind
        for one in _built()
        if one.kind in used or (one.event_types is not None and any(map(one.event_types.__contains__, types)))
    ]


def _of_any_action() -> list[str]:
    return [one.kind for one in _built() if one.event_types is None]


def _built() -> list[Detector]:
    return [one for one in build_detectors(Ruleset(), Session()) if one is not None]


def _shown(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
