"""Evaluates the rules: which alerts fire, and when they are over."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final, Self

import msgspec

from engine.alerting.alert import Alert
from engine.alerting.judging import Judge, Scope, settled_minute
from engine.alerting.learning import Learning, Place
from engine.alerting.metrics import formula_of
from engine.alerting.rule import AlertRule
from engine.alerting.series import KEPT_MINUTES, MINUTE_MS
from engine.alerting.standing import Standings
from engine.alerting.windows import Span, Windows
from engine.slices import Slice

MAX_JOURNALS: Final = 1_000
_BREAK_MS: Final = 90_000  # when nobody asked for so long, counts may be on their way that belong to minutes before
_RELEARN_MS: Final = 86_400_000  # what lasts so long is the new normal


class Load(msgspec.Struct, frozen=True):
    """How much is remembered, and how often there was no room for more."""

    series: int
    learned: int
    standing: int
    refused: int


class State(msgspec.Struct, array_like=True):
    """New fields go to the end with a default. `touched`: what was counted since the last evaluation."""

    done: dict[str, int] = {}  # by journal: its frames up to here are counted
    windows: Windows = msgspec.field(default_factory=Windows)
    learning: Learning = msgspec.field(default_factory=Learning)
    standings: Standings = msgspec.field(default_factory=Standings)
    touched: dict[str, bool] = {}
    now_ms: int = 0
    steady_ms: int = 0  # since then evaluated without a break


class Board:
    """A fold: the same slices and times give the same alerts, also when it was encoded and decoded between.

    `feed` may come in any split and order of slices, and twice. `advance` is to be called once a second; it looks at
    what was counted since the last time and at what fires, and once a minute at everything. Bounds: 100 projects,
    20,000 groups, of which what is beyond counts as "(other)", 500 groups with a learned week, 10,000 alerts. At these
    bounds some 30 MB encoded, 200 MB in memory and 0.4 s once a minute; for a shop some 50 KB and below 1 ms.
    """

    def __init__(self, rules: Sequence[AlertRule], state: State | None = None) -> None:
        self._rules = rules
        self._state = state or State()
        self._grouped = {cell for rule in rules if rule.group_by or rule.filters for cell in rule.formula.cells}
        self._places = {rule.name: place for place, rule in enumerate(rules)}
        self._by_cell: dict[str, list[int]] = {}
        for place, rule in enumerate(rules):
            for cell in rule.formula.cells:
                self._by_cell.setdefault(cell, []).append(place)

    @classmethod
    def decode(cls, encoded: bytes, rules: Sequence[AlertRule]) -> Self:
        """What rules that are gone left is forgotten."""
        state = msgspec.msgpack.decode(encoded, type=State)
        state.learning.keep(rules)
        state.standings.forget({rule.name: rule for rule in rules}, state.now_ms)
        return cls(rules, state)

    def encode(self) -> bytes:
        return msgspec.msgpack.encode(self._state)

    def done(self, journal_id: str) -> int:
        """The frames of a journal up to this one are counted."""
        return self._state.done.get(journal_id, 0)

    def count(self, project_id: str, metric: str, now_ms: int) -> int:
        """Of all groups, in the last hour."""
        minute = now_ms // MINUTE_MS
        return self._state.windows.measure(project_id, formula_of(metric), None, Span(minute - 60, minute)).part

    def load(self) -> Load:
        state = self._state
        refused = state.learning.refused + state.standings.refused
        return Load(state.windows.size, state.learning.size, len(state.standings.items), refused)

    # -- counting -------------------------------------------------------------------------------------------------

    def feed(self, one: Slice) -> list[Alert]:
        """Count a slice, once however often it comes. It changes no alert: `advance` says what it leads to."""
        state = self._state
        if one.upto_seq > self.done(one.journal_id):
            state.done.pop(one.journal_id, None)
            state.done[one.journal_id] = one.upto_seq
            if len(state.done) > MAX_JOURNALS:
                del state.done[next(iter(state.done))]
            for cell in one.cells:
                place = state.windows.add(cell, one.at_ms, is_grouped=cell.metric in self._grouped)
                if place is not None and cell.metric in self._by_cell:
                    state.touched["\0".join((cell.metric, *place))] = True
        return []

    # -- evaluating -----------------------------------------------------------------------------------------------

    def advance(self, now_ms: int) -> list[Alert]:
        """The alerts that changed up to now: began, went on, are over."""
        state = self._state
        before = settled_minute(state.now_ms)
        if now_ms - state.now_ms > _BREAK_MS:
            state.steady_ms = now_ms
        state.now_ms = now_ms = max(now_ms, state.now_ms)
        settled = settled_minute(now_ms)
        places = {*self._touched(), *self._firing()}
        if settled > before:
            places.update(self._everything())
        changed = [alert for rule, place in sorted(places) if (alert := self._decided(rule, place, now_ms))]
        if settled > before:
            self._learn(before, settled, now_ms)
            self._forget(settled, now_ms)
        state.touched = {}
        return changed

    def _decided(self, number: int, place: Place, now_ms: int) -> Alert | None:
        rule, standings = self._rules[number], self._state.standings
        verdict = self._judge().judge(rule, self._scope(rule, place), now_ms)
        return None if verdict is None else standings.decide(rule, place, verdict, now_ms)

    def _judge(self) -> Judge:
        return Judge(self._state.windows, self._state.learning, self._state.steady_ms)

    def _scope(self, rule: AlertRule, place: Place) -> Scope:
        project_id, group = place
        is_firing = self._state.standings.firing(rule, place) is not None
        if group and not rule.group_by:
            return Scope(place, (), is_firing)  # an alert of before the rule was changed: nothing keeps it
        if rule.group_by:
            return Scope(place, (group,), is_firing)
        if rule.filters:
            known = self._state.windows.groups(project_id, rule.formula)
            return Scope(place, [one for one in known if _is_wanted(rule, one)], is_firing)
        return Scope(place, None, is_firing)

    # -- what to look at ------------------------------------------------------------------------------------------

    def _touched(self) -> Iterator[tuple[int, Place]]:
        for key in self._state.touched:
            cell, project_id, group = key.split("\0", 2)
            for number in self._by_cell[cell]:
                rule = self._rules[number]
                if _is_wanted(rule, group):
                    yield number, (project_id, group if rule.group_by else "")

    def _firing(self) -> Iterator[tuple[int, Place]]:
        for alert in self._state.standings.all_firing():
            yield self._places[alert.rule], (alert.project_id, alert.group)

    def _everything(self) -> Iterator[tuple[int, Place]]:
        for number, rule in enumerate(self._rules):
            for place in self._all_places(rule):
                yield number, place

    def _all_places(self, rule: AlertRule) -> Iterator[Place]:
        windows = self._state.windows
        for project_id in windows.tracks:
            for group in windows.groups(project_id, rule.formula) if rule.group_by else ("",):
                if not rule.group_by or _is_wanted(rule, group):
                    yield project_id, group

    # -- learning -------------------------------------------------------------------------------------------------

    def _learn(self, before: int, settled: int, now_ms: int) -> None:
        """The last whole window of each rule that learns, when one is over; those that learn the same learn once."""
        rules = {rule.learns: number for number, rule in enumerate(self._rules) if rule.learns}
        for number in rules.values():
            rule = self._rules[number]
            last = settled // rule.minutes * rule.minutes - 1
            span = Span(last - rule.minutes + 1, last)
            if last >= before and span.first * MINUTE_MS >= self._state.steady_ms:
                for place in sorted({*self._all_places(rule), *self._state.learning.places(rule)}):
                    self._learn_one(rule, place, span, now_ms)
        self._state.learning.forget(settled)

    def _learn_one(self, rule: AlertRule, place: Place, span: Span, now_ms: int) -> None:
        state, scope, judge = self._state, self._scope(rule, place), self._judge()
        measure = state.windows.measure(place[0], rule.formula, scope.groups, span)
        firing = state.standings.firing(rule, place)
        if firing is None:
            verdict = (judge.surge if rule.kind == "surge" else judge.outage)(rule, scope, measure, span)
            is_alarming = verdict.is_bad
        else:
            is_alarming = now_ms - firing.started_ms < _RELEARN_MS
        if not is_alarming:
            state.learning.learn(rule, place, span.first, measure)

    def _forget(self, settled: int, now_ms: int) -> None:
        self._state.windows.forget(settled - KEPT_MINUTES)
        self._state.standings.forget({rule.name: rule for rule in self._rules}, now_ms)


def _is_wanted(rule: AlertRule, group: str) -> bool:
    return all(fnmatchcase(group, pattern) for pattern in rule.filters.values())
