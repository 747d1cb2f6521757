"""A click's payload: place, target, and how it was made. The hot path: about one event in three is one."""

from typing import Final

import msgspec

from engine.traits import KEYBOARD, MODIFIED
from engine.wire import Click, Event
from gateway.fields import UNREADABLE, Fields, fields_of, int32, number, text, truth
from gateway.payload_names import BUTTON, CLICK_TARGET, DETAIL, HELD, POINTER, TRUSTED, X, Y
from gateway.raw_event import ABSENT
from gateway.targets import Target, target_of

_NO_TARGET: Final = Target()


class _Payload(msgspec.Struct, gc=False):
    """The field names are those of the browser: this is what most clients send, and all of it in the right types."""

    x: int | float | None = None
    y: int | float | None = None
    target: msgspec.Raw = ABSENT
    button: int | float | str | None = None
    detail: int | float | str | None = None
    pointer_type: str | None = None
    pointer_type_too: str | None = msgspec.field(default=None, name="pointerType")
    is_trusted: bool = True
    is_trusted_too: bool = msgspec.field(default=True, name="isTrusted")
    ctrl: bool = msgspec.field(default=False, name="ctrlKey")
    ctrl_too: bool = msgspec.field(default=False, name="ctrl_key")
    shift: bool = msgspec.field(default=False, name="shiftKey")
    shift_too: bool = msgspec.field(default=False, name="shift_key")
    alt: bool = msgspec.field(default=False, name="altKey")
    alt_too: bool = msgspec.field(default=False, name="alt_key")
    meta: bool = msgspec.field(default=False, name="metaKey")
    meta_too: bool = msgspec.field(default=False, name="meta_key")


_payload: Final = msgspec.json.Decoder(_Payload)


def set_click(event: Event) -> None:
    if not event.payload:
        return
    try:
        came = _payload.decode(event.payload)
    except UNREADABLE:
        came = _lenient(fields_of(event.payload))
    target = _NO_TARGET if came.target is ABSENT else target_of(bytes(came.target))
    x, y = int32(came.x), int32(came.y)
    event.click = Click(x, y, target.selector, target.tag, target.text, target.traits | _made_by(came))


def _made_by(came: _Payload) -> int:
    """Without a pointer browsers say that a click is at (0, 0)."""
    found = 0
    if not (came.is_trusted and came.is_trusted_too) or (came.x == 0 and came.y == 0 and not _has_pointer(came)):
        found = KEYBOARD
    if came.ctrl or came.shift or came.alt or came.meta or _is_other_button(came.button) or _is_held_too(came):
        found |= MODIFIED
    return found


def _has_pointer(came: _Payload) -> bool:
    """The corner of the window can be clicked: then the kind of pointer is said, and how many clicks it were."""
    return bool(came.pointer_type or came.pointer_type_too) and came.detail != 0


def _is_held_too(came: _Payload) -> bool:
    return came.ctrl_too or came.shift_too or came.alt_too or came.meta_too


def _is_other_button(button: float | str | None) -> bool:
    """A text is the name of what was clicked, not of a button of the mouse."""
    return bool(button) and not isinstance(button, str)


def _lenient(fields: Fields) -> _Payload:
    return _Payload(
        x=number(fields, *X.names),
        y=number(fields, *Y.names),
        target=next((fields[name] for name in CLICK_TARGET.names if name in fields), ABSENT),
        button=number(fields, *BUTTON.names),
        detail=number(fields, *DETAIL.names),
        pointer_type=text(fields, *POINTER.names),
        is_trusted=all(truth(fields, name) is not False for name in TRUSTED.names),
        ctrl=any(truth(fields, name) for name in HELD.names),
    )
