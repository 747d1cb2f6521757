"""Typed columns and facts out of a payload: clicks, scrolling, errors, web vitals, requests, forms, the pointer's way.

A payload belongs to its client: what is missing there or of another type leaves its field empty, nothing more.
"""

from collections.abc import Callable, Mapping

from engine.config import Session
from engine.wire import ErrorInfo, Event, Facts
from gateway.clicks import set_click
from gateway.facts import field_facts, page_facts, request_facts, scroll_facts, vitals_facts
from gateway.fields import Fields, fields_of, number, text
from gateway.moves import move_facts
from gateway.payload_names import DEPTH, ERROR_TYPE, MESSAGE, STACK

Extractor = Callable[[Event], None]
FactsOf = Callable[[Fields], Facts | None]


def extractors(session: Session) -> Mapping[str, Extractor]:
    """What to read from the payload, by event type."""
    table: dict[str, Extractor] = dict.fromkeys(session.page_types, _set_page)
    table.update(dict.fromkeys(session.vitals_types, _facts(vitals_facts)))
    table.update(dict.fromkeys(session.move_types, _set_moves))
    table.update(dict.fromkeys(session.request_types, _facts(request_facts)))
    forms = session.input_types | session.form_start_types | session.form_submit_types
    table.update(dict.fromkeys(forms, _facts(field_facts)))
    table.update(dict.fromkeys(session.scroll_types, _set_scroll))
    table.update(dict.fromkeys(session.error_types, _set_error))
    table.update(dict.fromkeys(session.click_types, set_click))
    return table


def _facts(read: FactsOf) -> Extractor:
    def extract(event: Event) -> None:
        if event.payload:
            event.facts = read(fields_of(event.payload))

    return extract


def _set_page(event: Event) -> None:
    if event.payload or event.referrer or event.custom:
        event.facts = page_facts(event)


def _set_moves(event: Event) -> None:
    if event.payload:
        event.facts = move_facts(fields_of(event.payload), event.at_ms)


def _set_scroll(event: Event) -> None:
    if not event.payload:
        return
    fields = fields_of(event.payload)
    depth = number(fields, *DEPTH.names)
    event.scroll_depth = None if depth is None else int(min(max(depth, 0), 100))
    event.facts = scroll_facts(fields, 0 if event.device is None else event.device.viewport_height)


def _set_error(event: Event) -> None:
    if not event.payload:
        return
    fields = fields_of(event.payload)
    event.error = ErrorInfo(*(text(fields, *said.names) for said in (MESSAGE, STACK, ERROR_TYPE)))
