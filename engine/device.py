"""What a session runs on."""

import msgspec


class Device(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What the event ran on; sizes in CSS pixels, 0 = unknown."""

    browser: str = ""
    browser_version: str = ""
    os: str = ""
    os_version: str = ""
    device_type: str = ""
    screen_width: int = 0
    screen_height: int = 0
    viewport_width: int = 0
    viewport_height: int = 0
