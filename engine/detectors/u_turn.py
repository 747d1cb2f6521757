"""U-turn: to a page and back at once, with nothing done there (Clarity's quick back; GoSight: back within 10 s).

A page that was replaced (`replaceState`), or left at once, was a step on the way and no page: where it led to takes its
place. A page reached by "back" or "forward" is not turned at: it comes out of the browser's cache, on the way to
another. Going to and fro between two pages is one anomaly that grows.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from engine import config
from engine.detectors.base import NO_FINDINGS, Action, Detector, Finding, Verdict, remember
from engine.detectors.places import page_of
from engine.moment import Moment
from engine.rules import UTurn as Rule

_MAX_TRAIL: Final = 4  # two pages make a turn; what was replaced on top of them falls away


class Visit(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`since_ms`: when the page before was left, which is earlier than `at_ms` where redirects lie between. `place`:
    the path that other events of this page name. `is_used`: something was done here."""

    page: str
    at_ms: int
    since_ms: int
    event_id: str
    place: str
    is_used: bool = False


class Turns(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """To and fro between two pages. `back_id`: the page view that came back last."""

    page: str
    turned_at: str
    away_ms: int
    count: int
    first_ms: int
    last_ms: int
    back_id: str
    event_ids: tuple[str, ...]


class Trail(msgspec.Struct, array_like=True, frozen=True, gc=False):
    visits: tuple[Visit, ...]
    turns: Turns | None = None


_NOTHING: Final = Trail(())


class UTurn(Detector):
    kind = "u_turn"
    severity = "low"
    State = Trail

    def __init__(self, rule: Rule, kinds: config.Session) -> None:
        super().__init__(rule, kinds)
        self._max_away_ms = rule.max_away_ms
        self._redirect_ms = rule.redirect_ms
        self._page_types = kinds.page_types
        uses = kinds.click_types | kinds.input_types | kinds.scroll_types | kinds.form_submit_types
        self.event_types = kinds.page_types | uses
        self.first_types = kinds.page_types

    def see(self, state: Trail | None, moment: Moment, before: Action) -> Verdict:
        if moment.event_type in self._page_types:
            return self._arrive(state or _NOTHING, moment)
        if state is None or state.visits[-1].is_used:
            return state, NO_FINDINGS
        here = state.visits[-1]
        if moment.page and here.place and moment.page != here.place:
            return state, NO_FINDINGS
        used = Visit(here.page, here.at_ms, here.since_ms, here.event_id, here.place, True)
        return Trail((used,), state.turns), NO_FINDINGS

    def _arrive(self, state: Trail, moment: Moment) -> Verdict:
        visits, turns, said = state.visits, state.turns, NO_FINDINGS
        page, since_ms, is_used = page_of(moment), moment.at_ms, _is_restored(moment)
        here = visits[-1] if visits else None
        if here is not None and here.page != page:
            is_short = moment.at_ms - here.at_ms < self._redirect_ms
            if is_short or _navigation(moment) == "replace":
                visits, since_ms, is_used = visits[:-1], here.since_ms, is_used or here.is_used
            if is_short and turns is not None and turns.back_id == here.event_id and turns.count == 1:
                said, turns = (self._found(turns, is_withdrawn=True),), None
        if visits and visits[-1].page == page:
            return Trail(visits, turns), said
        visit = Visit(page, moment.at_ms, since_ms, moment.event_id, moment.page, is_used)
        if self._is_turn(visits, visit):
            turns = _extended(turns, visits, visit)
            said = (*said, self._found(turns))
        return Trail((*visits, visit)[-_MAX_TRAIL:], turns), said

    def _is_turn(self, visits: Sequence[Visit], visit: Visit) -> bool:
        return (
            len(visits) > 1
            and visits[-2].page == visit.page
            and not visits[-1].is_used
            and visit.at_ms - visits[-1].since_ms <= self._max_away_ms
        )

    def _found(self, turns: Turns, *, is_withdrawn: bool = False) -> Finding:
        more = f", {turns.count} turns in a row" if turns.count > 1 else ""
        return Finding(
            first_event_id=turns.event_ids[0],
            started_ms=turns.first_ms,
            last_ms=turns.last_ms,
            detected_ms=turns.last_ms,
            description=f"From {turns.page} to {turns.turned_at} and back after {turns.away_ms / 1000:g} s{more}.",
            event_ids=turns.event_ids,
            details={
                "page": turns.page,
                "turned_at": turns.turned_at,
                "away_ms": turns.away_ms,
                "turns": turns.count,
            },
            status="withdrawn" if is_withdrawn else "confirmed",
        )


def _extended(turns: Turns | None, visits: Sequence[Visit], back: Visit) -> Turns:
    """With the turn to the last of `visits` and `back`; it goes on with `turns` if those came back just there."""
    start, away = visits[-2:]
    if turns is not None and turns.back_id == away.event_id:
        return replace(
            turns,
            count=turns.count + 1,
            last_ms=back.at_ms,
            back_id=back.event_id,
            event_ids=remember(turns.event_ids, back.event_id),
        )
    return Turns(
        page=back.page,
        turned_at=away.page,
        away_ms=back.at_ms - away.since_ms,
        count=1,
        first_ms=start.at_ms,
        last_ms=back.at_ms,
        back_id=back.event_id,
        event_ids=(start.event_id, away.event_id, back.event_id),
    )


def _navigation(moment: Moment) -> str:
    return "" if moment.facts is None else moment.facts.navigation


def _is_restored(moment: Moment) -> bool:
    return _navigation(moment) == "back_forward"
