"""Typed columns and facts out of a payload: clicks, scrolling, errors, web vitals, requests, forms, the pointer's way.

A payload belongs to its client: what is missing there or of another type leaves its field empty, nothing more.
"""

from collections.abc import Callable, Mapping

from engine.config import Session
from engine.traits import KEYBOARD, MODIFIED
from engine.wire import Click, ErrorInfo, Event, Facts
from gateway.facts import field_facts, move_facts, page_facts, request_facts, scroll_facts, vitals_facts
from gateway.fields import Fields, fields_of, number, text, truth, whole
from gateway.targets import target_of

Extractor = Callable[[Event], None]
FactsOf = Callable[[Fields], Facts | None]

_MODIFIERS = ("ctrlKey", "shiftKey", "metaKey", "altKey")


def extractors(session: Session) -> Mapping[str, Extractor]:
    """What to read from the payload, by event type."""
    table: dict[str, Extractor] = dict.fromkeys(session.page_types, _facts(page_facts))
    table.update(dict.fromkeys(session.vitals_types, _facts(vitals_facts)))
    table.update(dict.fromkeys(session.move_types, _facts(move_facts)))
    table.update(dict.fromkeys(session.request_types, _facts(request_facts)))
    forms = session.input_types | session.form_start_types | session.form_submit_types
    table.update(dict.fromkeys(forms, _facts(field_facts)))
    table.update(dict.fromkeys(session.scroll_types, _set_scroll))
    table.update(dict.fromkeys(session.error_types, _set_error))
    table.update(dict.fromkeys(session.click_types, _set_click))
    return table


def _facts(read: FactsOf) -> Extractor:
    def extract(event: Event) -> None:
        event.facts = read(fields_of(event.payload))

    return extract


def _set_click(event: Event) -> None:
    fields = fields_of(event.payload)
    x, y = whole(fields, "x"), whole(fields, "y")
    target = target_of(bytes(fields.get("target", b"")))
    traits = target.traits
    if x == 0 and y == 0 and not _has_pointer(fields):
        traits |= KEYBOARD  # a browser gives this place to the clicks that keys and programs make
    if len(fields) > 2:
        traits |= _made_by(fields)
    event.click = Click(x, y, target.selector, target.tag, target.text, traits)


def _has_pointer(fields: Fields) -> bool:
    """The corner of the window can be clicked: then the kind of pointer is said, and how many clicks it were."""
    return bool(text(fields, "pointer_type", "pointerType")) and number(fields, "detail") != 0


def _made_by(fields: Fields) -> int:
    made = 0 if truth(fields, "isTrusted", "is_trusted") is not False else KEYBOARD  # by a program
    modified = bool(number(fields, "button")) or any(truth(fields, name) for name in _MODIFIERS)
    return made | MODIFIED if modified else made


def _set_scroll(event: Event) -> None:
    fields = fields_of(event.payload)
    depth = number(fields, "depth_percent")
    event.scroll_depth = None if depth is None else int(min(max(depth, 0), 100))
    event.facts = scroll_facts(fields, 0 if event.device is None else event.device.viewport_height)


def _set_error(event: Event) -> None:
    fields = fields_of(event.payload)
    event.error = ErrorInfo(text(fields, "message"), text(fields, "stack"), text(fields, "errorType", "error_type"))
