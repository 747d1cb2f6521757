"""`Facts` out of the payload's fields, one function per kind of event. None: the payload says nothing of it."""

from typing import Final

from engine.wire import Event, Facts
from gateway.fields import Fields, fields_of, real, text, whole
from gateway.navigation import navigation_of
from gateway.paths import other_host, route_of
from gateway.payload_names import (
    ADDRESS,
    CLS,
    FCP,
    FID,
    FIELD,
    FORM,
    INP,
    LCP,
    LENGTH,
    LOAD,
    LOOSE_NAVIGATION,
    METHOD,
    NAVIGATION,
    PREVIOUS_SESSION,
    REFERRER,
    SCROLL_Y,
    SESSION_INDEX,
    STATUS,
    TTFB,
    VALUE,
    VIEW_HEIGHT,
)

MAX_ID: Final = 200
MAX_NAME: Final = 100  # characters of a form's or a field's name

_VITALS: Final = (LCP, FID, CLS, TTFB, FCP, LOAD, INP)
_PAGE_NAMES: Final = frozenset(
    name for said in (NAVIGATION, LOOSE_NAVIGATION, REFERRER, SESSION_INDEX, PREVIOUS_SESSION) for name in said.names
)
_NO_FIELDS: Final[Fields] = {}
_NOT_ONE: Final = Facts()


def vitals_facts(fields: Fields) -> Facts | None:
    """Milliseconds; `cls` has no unit."""
    lcp, fid, cls, ttfb, fcp, load, inp = (real(fields, *vital.names) for vital in _VITALS)
    found = Facts(lcp, fid, cls, ttfb, fcp, load, inp)
    return None if found == _NOT_ONE else found


def page_facts(event: Event) -> Facts | None:
    """What the client counts itself may also stand beside the event's own fields."""
    fields, beside = _of_page(event.payload), _of_page(event.custom)
    if not (fields or beside):
        host = other_host(event.referrer, event.url) if event.referrer else ""
        return Facts(referrer_host=host) if host else None
    navigation = navigation_of(fields)
    host = other_host(event.referrer or text(fields, *REFERRER.names), event.url)
    index = max(whole(fields, *SESSION_INDEX.names) or whole(beside, *SESSION_INDEX.names) or 0, 0)
    previous_id = (text(fields, *PREVIOUS_SESSION.names) or text(beside, *PREVIOUS_SESSION.names))[:MAX_ID]
    if not (navigation or host or index or previous_id):
        return None
    return Facts(navigation=navigation, referrer_host=host, session_index=index, previous_session_id=previous_id)


def _of_page(said: str) -> Fields:
    """{} when nothing of it is about the page, which is the common case."""
    fields = fields_of(said) if said else _NO_FIELDS
    return _NO_FIELDS if _PAGE_NAMES.isdisjoint(fields) else fields


def request_facts(fields: Fields) -> Facts | None:
    """Browsers give the status 0 to a request that failed without an answer."""
    route = route_of(text(fields, *METHOD.names), text(fields, *ADDRESS.names))
    status = whole(fields, *STATUS.names)
    if status is None or not 0 <= status < 1_000:
        return Facts(route=route) if route else None
    return Facts(status=status or -1, route=route)


def field_facts(fields: Fields) -> Facts | None:
    """Of forms and inputs. How long a value is, never what it is."""
    form = text(fields, *FORM.names)[:MAX_NAME]
    field = text(fields, *FIELD.names)[:MAX_NAME]
    length = whole(fields, *LENGTH.names)
    if length is None:
        value = text(fields, *VALUE.names)
        length = len(value) if value else -1
    if not (form or field or length >= 0):
        return None
    return Facts(form=form, field=field, length=max(length, -1))


def scroll_facts(fields: Fields, view_height: int) -> Facts | None:
    """`view_height`: of the device, where the payload does not say one."""
    scroll_y, height = whole(fields, *SCROLL_Y.names), whole(fields, *VIEW_HEIGHT.names) or view_height
    if scroll_y is None or height <= 0:  # how far that is, only the height of the window tells
        return None
    return Facts(scroll_y=scroll_y, view_height=height)
