"""The worst web vitals of a session: of each the highest value that any of its pages had. Higher is worse for all.

A percentile of them would need all values; the worst page of one session needs none but itself.
"""

from math import inf, isfinite
from struct import Struct
from typing import Final

from engine.wire import Facts

NAMES: Final = ("lcp", "fid", "cls", "ttfb", "fcp", "load", "inp")

_WORST: Final = Struct(f"<{len(NAMES)}d")
_UNKNOWN: Final = -inf
_NONE_KNOWN: Final = (_UNKNOWN,) * len(NAMES)
_NOTHING: Final = (None,) * len(NAMES)


def worst(kept: bytes, facts: Facts) -> bytes:
    """`kept`: what this returned before, b"" = nothing. Values that no measurement has are left out."""
    values = (facts.lcp, facts.fid, facts.cls, facts.ttfb, facts.fcp, facts.load, facts.inp)
    if values == _NOTHING:
        return kept
    before = _WORST.unpack(kept) if kept else _NONE_KNOWN
    pairs = zip(values, before, strict=True)
    after = [old if new is None or not isfinite(new) or new < 0 else max(new, old) for new, old in pairs]
    return _WORST.pack(*after) if after != [*before] else kept


def vitals_of(kept: bytes) -> dict[str, float]:
    """By name; only those that a page sent."""
    values = _WORST.unpack(kept) if kept else ()
    return {name: value for name, value in zip(NAMES, values, strict=False) if value != _UNKNOWN}
