"""Dead click: on what does nothing (seed 001), or on what should do something and does not (posthog-js, 2.5 s).

A click on an element that is not interactive is one at once. It is withdrawn when the page answers like a control,
whatever it looks like; once it did, the next such clicks are judged when an answer would have come. A click on a
control is provisional with the first moment after its time is over, and confirmed when nothing that comes late can show
a sign of life any more. A page that answers, but late, makes it a `slow_click`. Clicks on one element that follow each
other are one anomaly.

Controls are judged only once the session's client has told of a change of its page or of a request: where it never
does, silence after a click says nothing. A click right after its window came to the front was meant for that.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from engine import config, rules
from engine.analysis import EndReason
from engine.detectors.actions_and import ActionsAnd
from engine.detectors.base import HORIZON_MS, NO_FINDINGS, Action, Detector, Finding, Verdict, remember
from engine.detectors.life import answer_types, life_types
from engine.element import element_of
from engine.ignored import Ignored
from engine.moment import Moment
from engine.traits import INTERACTIVE, KEYBOARD, KNOWN, LEAVES, MEDIA, MODIFIED, OPTED_OUT, TEXT_FIELD
from engine.wire import Click

_MAX_TARGETS: Final = 8  # that wait for an answer at the same time
_DOUBLE_CLICK_MS: Final = 500  # as systems have it: the second one marks the word
_NOT_JUDGED: Final = TEXT_FIELD | MEDIA | OPTED_OUT | MODIFIED | KEYBOARD | LEAVES


class Target(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An element and the clicks on it that nothing answered. `times_ms`: of the last few. `is_said`: reported."""

    element: str
    page: str
    tag: str
    is_interactive: bool
    first_ms: int
    last_ms: int
    count: int
    times_ms: tuple[int, ...]
    event_ids: tuple[str, ...]
    is_said: bool = False
    is_high: bool = False


class Waiting(msgspec.Struct, array_like=True, frozen=True, gc=False):
    targets: tuple[Target, ...] = ()
    alive_ms: int = 0  # the last sign of life that the page sent by itself; one that counts longer is put so much later
    tells: bool = False  # the client tells of changes and requests
    told_ms: int = 0  # the last change, request, or mark of a text; as `alive_ms`
    acts: bool = False  # an element that is not interactive was answered


_NOTHING: Final = Waiting()


class DeadClick(Detector):
    kind = "dead_click"
    severity = "medium"
    State = Waiting

    def __init__(self, rule: rules.DeadClick, kinds: config.Session) -> None:
        super().__init__(rule, kinds)
        self._rule = rule
        self._ignored = Ignored(rule.ignore_selectors, rule.ignore_texts)
        self._click_types = kinds.click_types
        self._answer_types = answer_types(kinds)
        self._telling_types = kinds.mutation_types | kinds.request_types
        self._told_types = self._telling_types | kinds.selection_types
        self._waking_types = kinds.visibility_types | (kinds.focus_types & kinds.continuous_types)  # not of a field
        self._continuous_types = kinds.continuous_types
        # Any action but another click is a sign of life: an app that tells of a purchase has answered.
        self.event_types = ActionsAnd(life_types(kinds), kinds.continuous_types)
        # What came before the client told of anything saves no click: none on a control is judged until then.
        self.first_types = kinds.click_types | self._told_types | self._waking_types

    def see(self, state: Waiting | None, moment: Moment, before: Action) -> Verdict:
        is_click, tells = moment.event_type in self._click_types, moment.event_type in self._telling_types
        if state is None and not tells and moment.click is not None and moment.click.traits & INTERACTIVE:
            return None, NO_FINDINGS  # as most clicks are, where the client does not tell
        known = state or _NOTHING
        found: list[Finding] = []
        left = self._after(known, moment, found, is_life=not is_click)
        if is_click:
            left = self._clicked(left, moment, known, before, found)
        now = self._with_signs(known, moment)
        if left is known.targets and now is known:
            return state, found
        return (Waiting(left, now.alive_ms, now.tells, now.told_ms, now.acts) if left or now.told_ms else None), found

    def _with_signs(self, known: Waiting, moment: Moment) -> Waiting:
        """What the page told with this moment."""
        is_told, is_waking = moment.event_type in self._told_types, moment.event_type in self._waking_types
        if not (is_told or is_waking or moment.event_type in self._continuous_types):
            return known
        until_ms = moment.at_ms + max(0, self._rule.wake_ms - self._rule.before_ms) * is_waking
        return Waiting(
            alive_ms=max(known.alive_ms, until_ms),
            tells=known.tells or moment.event_type in self._telling_types,
            told_ms=max(known.told_ms, until_ms) if is_told or is_waking else known.told_ms,
            acts=known.acts or (is_told and self._is_answer_to_a_plain_one(known.targets, moment)),
        )

    def _is_answer_to_a_plain_one(self, targets: Sequence[Target], moment: Moment) -> bool:
        oldest_ms = moment.at_ms - self._rule.instant_ms
        return any(not target.is_interactive and target.last_ms >= oldest_ms for target in targets)

    def _after(self, known: Waiting, moment: Moment, found: list[Finding], *, is_life: bool) -> tuple[Target, ...]:
        """What still waits with this moment."""
        if not known.targets:
            return known.targets
        left: list[Target] = []
        for target in known.targets:
            after_ms = moment.at_ms - target.last_ms
            if not target.is_interactive:
                left += self._plain_after(target, moment, known, found, is_life=is_life)
            elif after_ms > self._rule.response_ms + HORIZON_MS:
                found.append(self._dead(target, moment.at_ms, is_sure=True))
            elif after_ms > self._rule.response_ms:
                if not target.is_said:
                    found.append(self._dead(target, moment.at_ms, is_sure=False))
                left.append(replace(target, is_said=True) if not target.is_said else target)
            elif not is_life:
                left.append(target)
            elif target.is_said:
                found.append(self._dead(target, moment.at_ms, is_sure=True))
            elif after_ms >= self._rule.slow_ms and moment.event_type in self._answer_types:
                found.append(_slow(target, moment, after_ms))
        return tuple(left)

    def _plain_after(
        self, target: Target, moment: Moment, known: Waiting, found: list[Finding], *, is_life: bool
    ) -> tuple[Target, ...]:
        """The target, if it still waits: for an answer, and then for more clicks on it."""
        after_ms = moment.at_ms - target.last_ms
        is_answer = is_life and after_ms <= self._rule.instant_ms
        if target.is_said:
            if is_answer and not known.acts and self._takes_back(target, moment):
                found.append(replace(self._dead(target, moment.at_ms, is_sure=True), status="withdrawn"))
                return ()
            return (target,) if after_ms <= self._rule.rage_ms else ()
        if after_ms <= max(_DOUBLE_CLICK_MS, self._rule.instant_ms):
            return () if is_answer else (target,)
        found.append(self._dead(target, moment.at_ms, is_sure=True))
        return (replace(target, is_said=True),)

    def _takes_back(self, target: Target, moment: Moment) -> bool:
        """A change answers the first click, if any; a text is marked by the second or the third."""
        if moment.event_type in self._telling_types:
            return target.count == 1
        return moment.event_type in self._told_types

    def _clicked(
        self, targets: tuple[Target, ...], moment: Moment, before_it: Waiting, before: Action, found: list[Finding]
    ) -> tuple[Target, ...]:
        click = moment.click
        if click is None or not click.traits & KNOWN or click.traits & _NOT_JUDGED or self._ignored.holds(click):
            return targets
        element, is_interactive = element_of(click), click.traits & INTERACTIVE > 0
        life_ms = before_it.alive_ms if is_interactive else before_it.told_ms
        if is_interactive and before.event_type not in self._click_types:
            life_ms = max(life_ms, before.at_ms)
        if (is_interactive and not before_it.tells) or moment.at_ms - life_ms <= self._rule.before_ms:
            return targets
        known = next((t for t in targets if t.element == element and t.page == moment.page), None)
        if known is not None and moment.at_ms - known.last_ms > self._rule.rage_ms:
            known = None
        target = self._joined(known, moment) if known is not None else _new(moment, click, element, is_interactive)
        if not is_interactive and (target.is_high or not before_it.acts):
            target = replace(target, is_said=True)
        if target.is_said:
            found.append(self._dead(target, moment.at_ms, is_sure=not is_interactive))
        others = [other for other in targets if other is not known]
        return (*others, target)[-_MAX_TARGETS:]

    def _joined(self, target: Target, moment: Moment) -> Target:
        times_ms = (*target.times_ms, moment.at_ms)[-self._rule.rage_clicks :]
        is_rage = len(times_ms) == self._rule.rage_clicks and moment.at_ms - times_ms[0] <= self._rule.rage_ms
        return replace(
            target,
            last_ms=moment.at_ms,
            count=target.count + 1,
            times_ms=times_ms,
            event_ids=remember(target.event_ids, moment.event_id),
            is_high=target.is_high or is_rage,
        )

    def end(self, state: Waiting | None, reason: EndReason, last_ms: int) -> Sequence[Finding]:
        """A click that nothing came after is judged where the session was left open: a link may have led elsewhere."""
        if state is None:
            return NO_FINDINGS
        waiting = [target for target in state.targets if self._is_dead_in_the_end(target, reason, last_ms)]
        return [self._dead(target, last_ms, is_sure=True) for target in waiting]

    def _is_dead_in_the_end(self, target: Target, reason: EndReason, last_ms: int) -> bool:
        if not target.is_interactive:
            return not target.is_said
        is_over = last_ms - target.last_ms > self._rule.response_ms
        return target.is_said or is_over or (reason == "timeout" and target.tag in ("button", "input"))

    def _dead(self, target: Target, at_ms: int, *, is_sure: bool) -> Finding:
        times = "A click" if target.count == 1 else f"{target.count} clicks"
        name = target.element or target.tag
        if target.is_interactive:
            description = f"{times} on {name} had no effect within {self._rule.response_ms} ms."
        else:
            description = f"{times} on {name}, which is not interactive."
        return Finding(
            first_event_id=target.event_ids[0],
            started_ms=target.first_ms,
            last_ms=target.last_ms,
            detected_ms=at_ms,
            description=description,
            event_ids=target.event_ids,
            details={
                "reason": "no_response" if target.is_interactive else "non_interactive_target",
                "count": target.count,
                "path": target.page,
                "element": target.element,
            },
            status="confirmed" if is_sure else "provisional",
            severity="high" if target.is_high else None,
        )


def _new(moment: Moment, click: Click, element: str, is_interactive: bool) -> Target:
    ids, times_ms = (moment.event_id,), (moment.at_ms,)
    tag, page, at_ms = click.tag.lower(), moment.page, moment.at_ms
    return Target(element, page, tag, is_interactive, at_ms, at_ms, 1, times_ms, ids)


def _slow(target: Target, moment: Moment, after_ms: int) -> Finding:
    return Finding(
        first_event_id=target.event_ids[0],
        started_ms=target.first_ms,
        last_ms=moment.at_ms,
        detected_ms=moment.at_ms,
        description=f"A click on {target.element or target.tag} was answered after {after_ms} ms.",
        event_ids=target.event_ids,
        details={"after_ms": after_ms, "path": target.page, "element": target.element},
        severity="low",
        type=rules.SLOW_CLICK,
    )
