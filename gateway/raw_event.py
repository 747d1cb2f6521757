"""An event as it comes: every name that is understood, canonical and alias, before any rule was applied."""

from typing import Final

import msgspec

# `Raw` cannot be united with None, so "the field is absent" is this one object, compared by identity.
ABSENT: Final = msgspec.Raw(b"")

PAYLOAD_NAMES: Final = ("payload", "metadata", "event_data", "properties")  # the first one that is there wins
DEVICE_NAMES: Final = ("device", "device_info")


class RawDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """`type`, `user_agent`, `screen_resolution` ("375x667") and `viewport_size` are seed 002's names."""

    browser: str | None = None
    browser_version: str | None = None
    os: str | None = None
    os_version: str | None = None
    device_type: str | None = None
    screen_width: int | float | None = None
    screen_height: int | float | None = None
    viewport_width: int | float | None = None
    viewport_height: int | float | None = None
    type: str | None = None
    user_agent: str | None = None
    screen_resolution: str | None = None
    viewport_size: str | None = None


class RawEvent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Unknown fields fail the decode on purpose: the slower way that follows keeps them in `custom`."""

    event_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    event_type: str | None = None
    type: str | None = None
    timestamp: int | float | str | None = None
    url: str | None = None
    path: str | None = None
    title: str | None = None
    referrer: str | None = None
    screen_name: str | None = None
    payload: msgspec.Raw = ABSENT
    metadata: msgspec.Raw = ABSENT
    event_data: msgspec.Raw = ABSENT
    properties: msgspec.Raw = ABSENT
    device: RawDevice | None = None
    device_info: RawDevice | None = None
    client_ip: str | None = None
    country: str | None = None
    city: str | None = None
    custom: msgspec.Raw = ABSENT
    sent_at: msgspec.Raw = ABSENT  # read in gateway/sent.py
    sent_at_camel: msgspec.Raw = msgspec.field(default=ABSENT, name="sentAt")
    sent_at_ms: msgspec.Raw = ABSENT

    def is_plain(self) -> bool:
        """No field came under two names, so that nothing of it must be kept elsewhere."""
        payloads = (
            (self.payload is not ABSENT)
            + (self.metadata is not ABSENT)
            + (self.event_data is not ABSENT)
            + (self.properties is not ABSENT)
        )
        return payloads <= 1 and (self.device is None or self.device_info is None)
