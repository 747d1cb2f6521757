"""The message of seed 002 as a whole, read in one go: the fast way beside `adapt`, with the same result.

It takes only what that message holds. Anything else in it, or its parts in another shape, is left to `adapt`.
"""

from typing import Any, Final

import msgspec

from gateway.nested import OBJECTS
from gateway.raw_event import ABSENT, RawDevice, RawEvent

Inner = dict[str, msgspec.Raw]

_QUOTE: Final = ord('"')
_string: Final = msgspec.json.Decoder(str)
_encode: Final = msgspec.json.Encoder().encode


class NestedEvent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The parts that are looked into are read as objects, the others stay as they came."""

    event_id: str | None = None
    event_type: str | None = None
    timestamp: int | float | str | None = None
    session_id: str | None = None
    user_id: str | None = None
    user_segment: msgspec.Raw = ABSENT
    page_info: Inner = {}
    event_data: msgspec.Raw = ABSENT
    device_info: RawDevice | None = None
    location: Inner = {}
    referrer: Inner | str | None = None
    session_info: msgspec.Raw = ABSENT
    technical_info: Inner = {}

    def plain(self) -> RawEvent:
        """What is understood in its field, the rest in `custom` under its own name."""
        custom: dict[str, msgspec.Raw | Inner] = {}
        if self.user_segment is not ABSENT:
            custom["user_segment"] = self.user_segment
        if self.session_info is not ABSENT:
            custom["session_info"] = self.session_info
        found: dict[str, Any] = {}
        for name in OBJECTS:
            inner = getattr(self, name)
            if isinstance(inner, dict) and inner:
                _move(inner, name, found)
                if inner:
                    custom[name] = inner
        device, agent = self.device_info, found.pop("user_agent", None)
        if agent is not None and (device is None or device.user_agent is None):
            device = msgspec.structs.replace(device or RawDevice(), user_agent=agent)
        if isinstance(self.referrer, str):
            found["referrer"] = self.referrer
        return RawEvent(
            event_id=self.event_id,
            event_type=self.event_type,
            timestamp=self.timestamp,
            session_id=self.session_id,
            user_id=self.user_id,
            event_data=self.event_data,
            device=device,
            custom=msgspec.Raw(_encode(custom)) if custom else ABSENT,
            **found,
        )


def _move(inner: Inner, name: str, found: dict[str, Any]) -> None:
    """Out of `inner` what has a field of its own and is text."""
    for key, field in OBJECTS[name].items():
        value = inner.get(key)
        if value is not None and memoryview(value)[0] == _QUOTE:
            found[field] = _string.decode(inner.pop(key))
