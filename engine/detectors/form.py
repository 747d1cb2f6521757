"""A form that a person fills in, as the detector of abandoned forms remembers it. Never what is in its fields."""

from typing import Final, Literal, Self

import msgspec
from msgspec.structs import replace

from engine.moment import Moment

MAX_FIELDS: Final = 20  # told apart; one more is not counted
MAX_NAME: Final = 60  # characters of a form's or a field's name
_MAX_EVIDENCE: Final = 10  # event ids, of several forms at once

Reason = Literal["left", "idle", "ended"]


class Form(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`name` "" = the client does not say. `fields`, and the characters in each (-1 = unknown), in the order in which
    they were touched first. `is_shrinking`: the last thing that happened is that characters were taken away.
    `reason`: why it counts as abandoned, "" = it does not. `is_said`: it did at some time."""

    name: str
    page: str
    first_ms: int
    last_ms: int
    event_ids: tuple[str, ...]
    fields: tuple[str, ...] = ()
    lengths: tuple[int, ...] = ()
    last_field: str = ""
    refills: int = 0
    is_shrinking: bool = False
    reason: Reason | Literal[""] = ""
    is_said: bool = False

    def touched(self, moment: Moment) -> Self:
        """With a start of it, or an input into it, which is also how somebody comes back to it."""
        facts = moment.facts
        form = self if facts is None or not facts.field else self._written(facts.field[:MAX_NAME], facts.length)
        ids = form.event_ids
        return replace(
            form,
            name=form.name or form_name(moment),
            page=moment.page or form.page,
            last_ms=moment.at_ms,
            event_ids=(*ids, moment.event_id) if len(ids) < _MAX_EVIDENCE else ids,
            reason="",
        )

    def _written(self, field: str, length: int) -> Self:
        """Taking away characters one by one is one refill, until something is written again or elsewhere."""
        fields, lengths = self.fields, self.lengths
        is_shrinking = is_refill = False
        if field in fields:
            place = fields.index(field)
            is_shrinking = 0 <= length < lengths[place]
            is_refill = is_shrinking and not (self.is_shrinking and field == self.last_field)
            if length >= 0:
                lengths = (*lengths[:place], length, *lengths[place + 1 :])
        elif len(fields) < MAX_FIELDS:
            fields, lengths = (*fields, field), (*lengths, length)
        return replace(
            self,
            fields=fields,
            lengths=lengths,
            last_field=field,
            refills=self.refills + is_refill,
            is_shrinking=is_shrinking,
        )


def form_name(moment: Moment) -> str:
    """Of the form that an event belongs to, as the client calls it."""
    return "" if moment.facts is None else moment.facts.form[:MAX_NAME]


def abandoned(form: Form, reason: Reason) -> Form:
    return replace(form, reason=reason, is_said=True)


def begun(moment: Moment) -> Form:
    return Form("", "", moment.at_ms, moment.at_ms, ()).touched(moment)
