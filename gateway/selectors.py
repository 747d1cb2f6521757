"""A CSS selector as a client sends it, cut into what it says of the element and of those around it. Lenient."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

MAX_SELECTOR: Final = 2_000  # characters looked at: a selector of a deep tree is a few hundred

# A bracket or a quote that is never closed is a character like others, so that no text is read twice.
_PIECE: Final = re.compile(
    r"(?P<attribute>\[[^\]]*+\])|(?P<skipped>\([^)]*+\))|(?P<combinator>\s*[>+~]\s*|\s+)|(?P<other>[^\[(\s>+~]++|[\[(])"
)
_ATTRIBUTE: Final = re.compile(r"""\[\s*([\w-]+)\s*(?:[~|^$*]?=\s*["']?(.*?)["']?\s*)?\]""", re.DOTALL)
_NAME: Final = re.compile(r"^[A-Za-z][A-Za-z0-9-]*")
_CLASS: Final = re.compile(r"\.([\w-]+)")


class Compound(NamedTuple):
    """One element: `div.price[role=button]`."""

    tag: str = ""
    classes: tuple[str, ...] = ()
    attributes: Mapping[str, str] = {}


def compounds_of(selector: str) -> tuple[Compound, list[Compound]]:
    """The element itself, and those that it is in; not its siblings (`label + span`)."""
    texts, combinators = [""], []
    for piece in _PIECE.finditer(selector[-MAX_SELECTOR:].strip()):
        if piece.lastgroup == "combinator":
            combinators.append(piece[0].strip())
            texts.append("")
        elif piece.lastgroup != "skipped":
            texts[-1] += piece[0]
    around = [_compound(text) for text, next_is in zip(texts, combinators, strict=False) if next_is in ("", ">")]
    return _compound(texts[-1]), around


def _compound(text: str) -> Compound:
    attributes = {name.lower(): value or "" for name, value in _ATTRIBUTE.findall(text)}
    plain = _ATTRIBUTE.sub("", text)
    named = _NAME.match(plain)
    return Compound(named[0].lower() if named else "", tuple(_CLASS.findall(plain)), attributes)
