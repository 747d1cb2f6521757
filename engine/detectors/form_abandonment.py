"""Form abandonment: a form that was begun and not sent, because the person left its page, ended the session or wrote
nothing for minutes (product research §2.7, after OpenReplay and Amplitude).

A form is begun by the event that says so, or by the first input that names it. Its page may be viewed again without
being left. Who comes back to a form goes on with it: the anomaly grows when it is abandoned again, and is withdrawn
when the form is sent after all, because then it was not abandoned, however long it took. Minutes without input are
known by the next action; if that is an input into the form, the person was only thinking.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from engine import config
from engine.analysis import EndReason
from engine.detectors.base import NO_FINDINGS, Action, Detector, Finding, Verdict
from engine.detectors.form import Form, abandoned, begun, form_name
from engine.moment import Moment
from engine.rules import FormAbandonment as Rule

_MAX_FORMS: Final = 4  # at once; beyond it the one is forgotten that was touched longest ago


class Forms(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Begun and not sent, the one that was touched last at the end."""

    forms: tuple[Form, ...]


class FormAbandonment(Detector):
    kind = "form_abandonment"
    severity = "low"
    State = Forms
    event_types = None  # any action tells that time has passed

    def __init__(self, rule: Rule, kinds: config.Session) -> None:
        super().__init__(rule, kinds)
        self._idle_ms = rule.idle_ms
        self._page_types = kinds.page_types
        self._start_types = kinds.form_start_types
        self._touch_types = kinds.form_start_types | kinds.input_types
        self._submit_types = kinds.form_submit_types
        self.first_types = self._touch_types

    def see(self, state: Forms | None, moment: Moment, before: Action) -> Verdict:
        if state is None and not form_name(moment) and moment.event_type not in self._start_types:
            return None, NO_FINDINGS  # most input is of no form
        forms, said = () if state is None else state.forms, NO_FINDINGS
        if moment.event_type in self._submit_types:
            forms, said = _without(forms, _meant(forms, moment))
        elif moment.event_type in self._touch_types:
            forms = self._touched(forms, moment)
        judged = [self._judged(form, moment) for form in forms]
        late = [form for form, old in zip(judged, forms, strict=True) if form is not old]
        if late:
            forms, said = tuple(judged), (*said, *(_found(form, moment.at_ms) for form in late))
        if state is not None and forms is state.forms:
            return state, said
        return (Forms(forms) if forms else None), said

    def _touched(self, forms: tuple[Form, ...], moment: Moment) -> tuple[Form, ...]:
        known = _meant(forms, moment)
        if known is not None:
            return (*(form for form in forms if form is not known), known.touched(moment))
        if not form_name(moment) and moment.event_type not in self._start_types:
            return forms
        return (*forms[1 - _MAX_FORMS :], begun(moment))

    def _judged(self, form: Form, moment: Moment) -> Form:
        """The form, or as one that is abandoned if this moment shows it."""
        if form.reason:
            return form
        if moment.at_ms - form.last_ms > self._idle_ms:
            return abandoned(form, "idle")
        is_left = moment.event_type in self._page_types and form.page and moment.page not in ("", form.page)
        return abandoned(form, "left") if is_left else form

    def end(self, state: Forms | None, reason: EndReason, last_ms: int) -> Sequence[Finding]:
        if state is None:
            return NO_FINDINGS
        return [_found(abandoned(form, "ended"), last_ms) for form in state.forms if not form.reason]


def _meant(forms: Sequence[Form], moment: Moment) -> Form | None:
    """The form that an event is about: the latest of its name, else one on the same page where one of both has none."""
    name, page = form_name(moment), moment.page
    if name:
        for form in reversed(forms):
            if form.name == name:
                return form
    for form in reversed(forms):
        if form.page == page and not (name and form.name):
            return form
    return None


def _without(forms: tuple[Form, ...], sent: Form | None) -> tuple[tuple[Form, ...], tuple[Finding, ...]]:
    """Without one that was sent; if it had been called abandoned, that is withdrawn."""
    if sent is None:
        return forms, NO_FINDINGS
    others = tuple(form for form in forms if form is not sent)
    return others, ((_found(sent, sent.last_ms, is_sent=True),) if sent.is_said else NO_FINDINGS)


def _found(form: Form, detected_ms: int, *, is_sent: bool = False) -> Finding:
    count = len(form.fields)
    return Finding(
        first_event_id=form.event_ids[0],
        started_ms=form.first_ms,
        last_ms=form.last_ms,
        detected_ms=detected_ms,
        description=f"{_what(form)} was begun, {count} of its fields touched, and {_how(form, is_sent)}.",
        event_ids=form.event_ids,
        details={
            "form": form.name,
            "page": form.page,
            "outcome": "sent" if is_sent else form.reason,
            "fields": count,
            "field_names": ", ".join(form.fields),
            "last_field": form.last_field,
            "refills": form.refills,
            "seconds": (form.last_ms - form.first_ms) / 1000,
        },
        status="withdrawn" if is_sent else "confirmed",
    )


def _what(form: Form) -> str:
    return f"The form {form.name}" if form.name else f"A form on {form.page}"


def _how(form: Form, is_sent: bool) -> str:
    if is_sent:
        return "sent after all"
    if form.reason == "left":
        return "left without being sent"
    return "left alone without being sent" if form.reason == "idle" else "not sent before the session ended"
