"""Generated event streams for property tests: several sessions and users, gaps of every interesting size."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from hypothesis import strategies as st

from engine.wire import Click, Event
from tests.builders import GAP, T0

T = TypeVar("T")

STEPS_MS = (0, 1, 50, 99, 100, 1_000, 2_000, 2_001, 60_000, GAP - 1, GAP, GAP + 1, 3 * GAP)
KINDS = ("page_view", "click", "click", "click", "search", "typing", "send", "back", "scroll", "app_close")
OWNERS = (("s1", "u1"), ("s2", "u1"), ("s3", "u2"), ("", "u1"), ("", "u2"))


def _event(number: int, at_ms: int, kind: str, owner: tuple[str, str], place: tuple[int, int]) -> Event:
    click = Click(*place) if kind == "click" else None
    return Event("default", f"e{number}", *owner, kind, T0 + at_ms, path=f"/{place[0]}", click=click)


@st.composite
def streams(draw: st.DrawFn, *, max_size: int = 60, owners: Sequence[tuple[str, str]] = OWNERS) -> list[Event]:
    """In order of event time, each event once."""
    event = st.tuples(
        st.sampled_from(STEPS_MS),
        st.sampled_from(KINDS),
        st.sampled_from(owners),
        st.tuples(st.sampled_from((10, 30, 400)), st.sampled_from((10, 50))),
    )
    at_ms, made = 0, []
    for number, (step_ms, kind, owner, place) in enumerate(draw(st.lists(event, max_size=max_size))):
        at_ms += step_ms
        made.append(_event(number, at_ms, kind, owner, place))
    return made


@st.composite
def splits(draw: st.DrawFn, whole: Sequence[T]) -> list[list[T]]:
    """The same, cut into pieces that are not empty."""
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(whole) - 1)), max_size=8))) if len(whole) > 1 else []
    edges = [0, *cuts, len(whole)]
    return [list(whole[first:last]) for first, last in pairwise(edges) if last > first]
