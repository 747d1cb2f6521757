"""U-turn: to a page and back at once, with nothing done there (Clarity's quick back; GoSight: back within 10 s).

A page that was replaced (`replaceState`), or left at once, was a step on the way and no page: where it led to takes its
place. A page reached by "back" or "forward" is not turned at: it comes out of the browser's cache, on the way to
another. Going to and fro between two pages is one anomaly that grows.
"""

from typing import Final

import msgspec
from msgspec.structs import replace

from engine import config
from engine.detectors.base import NO_FINDINGS, Action, Detector, Finding, Verdict, remember
from engine.detectors.places import page_of
from engine.moment import Moment
from engine.rules import UTurn as Rule

_MAX_TRAIL: Final = 4  # two pages make a turn; what was replaced on top of them falls away


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


class Visit(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`since_ms`: when the page before was left, which is earlier than `at_ms` where redirects lie between. `place`:
    the path that other events of this page name. `is_used`: something was done here. `before`: the page that led here,
    None where it does not matter any more; `turns`: of the latest one, the last that were made."""

    page: str
    at_ms: int
    since_ms: int
    event_id: str
    place: str
    is_used: bool = False
    before: "Visit | None" = None
    turns: Turns | None = None


class UTurn(Detector):
    kind = "u_turn"
    severity = "low"
    State = Visit

    def __init__(self, rule: Rule, kinds: config.Session) -> None:
        super().__init__(rule, kinds)
        self._max_away_ms = rule.max_away_ms
        self._redirect_ms = rule.redirect_ms
        self._page_types = kinds.page_types
        uses = kinds.click_types | kinds.input_types | kinds.scroll_types | kinds.form_submit_types
        self.event_types = kinds.page_types | uses
        self.first_types = kinds.page_types

    def see(self, state: Visit | None, moment: Moment, before: Action) -> Verdict:
        if moment.event_type in self._page_types:
            return self._arrive(state, moment)
        if state is None or state.is_used or (moment.page and state.place and moment.page != state.place):
            return state, NO_FINDINGS
        here = state
        # Nothing turns here any more.
        used = Visit(here.page, here.at_ms, here.since_ms, here.event_id, here.place, True, None, here.turns)
        return used, NO_FINDINGS

    def _arrive(self, here: Visit | None, moment: Moment) -> Verdict:
        page, since_ms, is_used = page_of(moment), moment.at_ms, _is_restored(moment)
        before, turns, said = here, None if here is None else here.turns, NO_FINDINGS
        if here is not None and here.page != page:
            is_short = moment.at_ms - here.at_ms < self._redirect_ms
            if is_short or _navigation(moment) == "replace":
                before, since_ms, is_used = here.before, here.since_ms, is_used or here.is_used
            if is_short and turns is not None and turns.back_id == here.event_id and turns.count == 1:
                said, turns = (self._found(turns, is_withdrawn=True),), None
        if before is not None and before.page == page:
            return (before if before.turns is turns else replace(before, turns=turns)), said
        trail = _cut(before, _MAX_TRAIL - 1)
        if trail is not None and self._is_turn(trail, page, moment):
            turns = _extended(turns, trail, moment)
            said = (*said, self._found(turns))
        return Visit(page, moment.at_ms, since_ms, moment.event_id, moment.page, is_used, trail, turns), said

    def _is_turn(self, away: Visit, page: str, moment: Moment) -> bool:
        return (
            away.before is not None
            and away.before.page == page
            and not away.is_used
            and moment.at_ms - away.since_ms <= self._max_away_ms
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


def _extended(turns: Turns | None, away: Visit, back: Moment) -> Turns:
    """With the turn at `away`; it goes on with `turns` if those came back just there."""
    if turns is not None and turns.back_id == away.event_id:
        return replace(
            turns,
            count=turns.count + 1,
            last_ms=back.at_ms,
            back_id=back.event_id,
            event_ids=remember(turns.event_ids, back.event_id),
        )
    start = away.before or away
    return Turns(
        page=start.page,
        turned_at=away.page,
        away_ms=back.at_ms - away.since_ms,
        count=1,
        first_ms=start.at_ms,
        last_ms=back.at_ms,
        back_id=back.event_id,
        event_ids=(start.event_id, away.event_id, back.event_id),
    )


def _cut(visit: Visit | None, most: int) -> Visit | None:
    """The last so many, as they are kept below another one: only the latest has turns."""
    if visit is None or not most:
        return None
    before = _cut(visit.before, most - 1)
    return visit if before is visit.before and visit.turns is None else replace(visit, before=before, turns=None)


def _navigation(moment: Moment) -> str:
    return "" if moment.facts is None else moment.facts.navigation


def _is_restored(moment: Moment) -> bool:
    return _navigation(moment) == "back_forward"
