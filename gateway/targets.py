"""What a click's target is: selector, tag and text as they came, and its traits (engine/traits.py).

The rules are those of posthog-js (text fields, steppers, opt-out), of GoSight (interactive tags, roles and classes) and
of the products that do not judge what lies inside of a link or a button.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from engine.traits import INTERACTIVE, KNOWN, LEAVES, MEDIA, OPTED_OUT, STEPPER, TEXT_FIELD
from gateway.fields import Fields, fields_of, read, text, truth
from gateway.payload_names import TARGET
from gateway.selectors import Compound, compounds_of

NAMES: Final = {name: said.names for name, said in TARGET.items()}
OPT_OUTS: Final = ("sessiond-ignore", "ph-no-capture", "ph-no-rageclick", "ph-no-deadclick")  # classes or data-…

_REMEMBERED_BYTES: Final = 1_000
_TAGS: Final = frozenset({"button", "input", "select", "textarea", "summary", "option", "label"})
_ROLES: Final = frozenset({"button", "link", "checkbox", "menuitem", "tab", "switch", "option", "radio"})
_CLASSES: Final = ("btn", "button", "link", "clickable", "interactive")
_TEXT_TYPES: Final = frozenset({"", "text", "search", "email", "password", "url", "tel", "number"})
_TEXT_ROLES: Final = frozenset({"textbox", "searchbox"})
_NO_ELEMENTS: Final = frozenset({"", "html", "#document"})  # what is clicked where no element is
_PICKERS: Final = frozenset({"file", "date", "time", "datetime-local", "month", "week", "color"})
_MEDIA: Final = frozenset({"canvas", "video", "audio", "embed", "object", "iframe"})
_STEP_WORD: Final = re.compile(r"\b(next|previous|prev)\b", re.IGNORECASE).search
_STEP_SIGNS: Final = frozenset("><+-−–«»")
_OUTSIDE: Final = ("mailto:", "tel:", "sms:")
_SAME_WINDOW: Final = frozenset({"", "_self", "_parent", "_top"})
_ATTRIBUTES: Final = ("type", "role", "href", "contenteditable", "target", "download")
_MAX_TEXT: Final = 2_000

_texts: Final[msgspec.json.Decoder[list[str]]] = msgspec.json.Decoder(list[str])


class Target(NamedTuple):
    selector: str = ""
    tag: str = ""
    text: str = ""
    traits: int = 0


def target_of(came: bytes) -> Target:
    """`came`: the JSON of the target. Pages have few elements, so that most of them were seen before."""
    return _remembered(came) if len(came) <= _REMEMBERED_BYTES else _target(came)


def _target(came: bytes) -> Target:
    fields = fields_of(came)
    fields = fields_of(fields.get("attributes", b"")) | fields
    said = {name: text(fields, *NAMES[name]) for name in ("selector", "tag", "text")}
    return Target(said["selector"], said["tag"], said["text"], _traits(fields, said["selector"]))


_remembered = lru_cache(4_096)(_target)


def _traits(fields: Fields, selector: str) -> int:
    last, around = compounds_of(selector)
    itself = _itself(fields, last)
    chain = (itself, *around)
    interactive = truth(fields, *NAMES["interactive"])
    is_interactive = any(map(_is_interactive, chain)) if interactive is None else interactive
    is_known = bool(
        itself.tag not in _NO_ELEMENTS or "role" in itself.attributes or is_interactive or interactive is not None
    )
    found = KNOWN if is_known else 0
    found |= INTERACTIVE if is_interactive else 0
    found |= TEXT_FIELD if any(map(_is_text_field, chain)) else 0
    found |= STEPPER if _is_stepper(fields) else 0
    found |= MEDIA if any(element.tag in _MEDIA for element in chain) else 0
    found |= OPTED_OUT if any(map(_is_opted_out, chain)) else 0
    is_elsewhere = any(map(_leaves, chain)) or _is_of_a_label(itself, around)
    return found | (LEAVES if is_elsewhere else 0)


def _itself(fields: Fields, last: Compound) -> Compound:
    """What the client says, over what its selector says."""
    attributes = dict(last.attributes)
    for name in _ATTRIBUTES:
        for alias in NAMES.get(name, (name,)):
            if alias in fields:
                _set(attributes, name, fields, alias)
    attributes |= {name: "" for name in fields if name.startswith("data-")}
    tag = text(fields, *NAMES["tag"]).lower() or last.tag
    return Compound(tag, (*last.classes, *_classes(fields)), attributes)


def _set(attributes: dict[str, str], name: str, fields: Fields, alias: str) -> None:
    """`true` is an attribute without a value; `false` and null say that there is none (`-href`)."""
    said = read(fields, alias, _texts_or_truth)
    if isinstance(said, str):
        attributes[name] = said
    elif said:
        attributes[name] = ""
    else:
        attributes.pop(name, None)
        attributes[f"-{name}"] = ""


_texts_or_truth: Final = msgspec.json.Decoder(str | bool | None)


def _classes(fields: Fields) -> list[str]:
    found: list[str] = []
    for name in NAMES["classes"]:
        listed: list[str] | None = read(fields, name, _texts)
        found += listed or text(fields, name).split()
    return found


def _is_interactive(element: Compound) -> bool:
    if element.tag == "a":
        return "-href" not in element.attributes
    if element.tag in _TAGS or element.attributes.get("role", "").lower() in _ROLES:
        return True
    return any(_looks_interactive(name.lower()) for name in element.classes)


def _looks_interactive(name: str) -> bool:
    return any(word in name for word in _CLASSES) and not name.startswith(("non", "not-", "no-"))


def _is_text_field(element: Compound) -> bool:
    attributes = element.attributes
    if attributes.get("contenteditable", "false").lower() in ("", "true", "plaintext-only"):
        return True
    if element.tag == "textarea" or attributes.get("role", "").lower() in _TEXT_ROLES:
        return True
    return element.tag == "input" and attributes.get("type", "").lower() in _TEXT_TYPES


def _is_stepper(fields: Fields) -> bool:
    said = (text(fields, *NAMES["text"])[:_MAX_TEXT], text(fields, *NAMES["label"])[:_MAX_TEXT])
    return any(words.strip() in _STEP_SIGNS or _STEP_WORD(words) for words in said if words)


def _is_opted_out(element: Compound) -> bool:
    return any(mark in element.classes or f"data-{mark}" in element.attributes for mark in OPT_OUTS)


def _is_of_a_label(itself: Compound, around: Sequence[Compound]) -> bool:
    """The browser clicks the control that it labels, and that click is judged."""
    if itself.tag == "label":
        return True
    return any(element.tag == "label" for element in around) and not _is_interactive(itself)


def _leaves(element: Compound) -> bool:
    attributes = element.attributes
    if "download" in attributes or attributes.get("target", "").lower() not in _SAME_WINDOW:
        return True
    if element.tag in ("select", "option"):
        return True
    if element.tag == "input" and attributes.get("type", "").lower() in _PICKERS:
        return True
    return attributes.get("href", "").strip().lower().startswith(_OUTSIDE)
