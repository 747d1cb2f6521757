"""What an event ran on: from its own `device` object, and what that lacks from a User-Agent text."""

import re
from functools import lru_cache
from typing import Final

from ua_parser import Parser
from ua_parser.core import Result
from ua_parser.loaders import load_lazy_builtins
from ua_parser.regex import Resolver

from engine.device import Device
from gateway.raw_event import RawDevice

MAX_AGENT_CHARACTERS: Final = 1_000  # real ones stay below 300; the rest is an attack on the parser
MAX_AGENTS: Final = 10_000  # about 3 MB of remembered answers
MAX_PIXELS: Final = 65_535  # the columns are UInt16

_SIZE: Final = re.compile(r"\s*(\d{1,6})\s*[xX×]\s*(\d{1,6})\s*$")
_MAX_SIZE_CHARACTERS: Final = 30
_DESKTOPS: Final = ("Windows", "Mac OS X", "Linux", "Ubuntu", "Debian", "Fedora", "Chrome OS", "FreeBSD", "OpenBSD")


class AgentReader:
    """Parses User-Agent texts and remembers the last 10,000 answers."""

    def __init__(self) -> None:
        self._parser = Parser(Resolver(load_lazy_builtins()))
        self._read = lru_cache(maxsize=MAX_AGENTS)(self._parse)

    def device(self, agent: str) -> Device:
        return self._read(agent[:MAX_AGENT_CHARACTERS])

    def _parse(self, agent: str) -> Device:
        found = self._parser.parse(agent)
        browser, system = found.user_agent, found.os
        return Device(
            browser=browser.family if browser else "",
            browser_version=_version(browser.major, browser.minor) if browser else "",
            os=system.family if system else "",
            os_version=_version(system.major, system.minor) if system else "",
            device_type=_device_type(found, agent),
        )

    def merged(self, came: RawDevice | None, fallback: Device | None) -> Device | None:
        """The event's own device first; what it leaves open comes from its own agent, then from `fallback`."""
        if came is None:
            return fallback
        if came.user_agent:
            fallback = self.device(came.user_agent)
        return _merged(came, fallback or Device())


def _merged(came: RawDevice, agent: Device) -> Device:
    screen = _size(came.screen_width, came.screen_height, came.screen_resolution)
    viewport = _size(came.viewport_width, came.viewport_height, came.viewport_size)
    # Browser and version come from one source: one's name with another's version would be a lie.
    browser = (came.browser, came.browser_version or "") if came.browser else (agent.browser, agent.browser_version)
    system = (came.os, came.os_version or "") if came.os else (agent.os, agent.os_version)
    return Device(*browser, *system, came.device_type or came.type or agent.device_type, *screen, *viewport)


def _size(width: float | None, height: float | None, text: str | None) -> tuple[int, int]:
    if width is None and height is None and text and len(text) <= _MAX_SIZE_CHARACTERS:
        return _size_in(text)
    return _pixels(width), _pixels(height)


@lru_cache(maxsize=1_000)  # there are only so many screens
def _size_in(text: str) -> tuple[int, int]:
    match = _SIZE.match(text)
    return (_pixels(int(match[1])), _pixels(int(match[2]))) if match else (0, 0)


def _pixels(value: float | None) -> int:
    return int(min(max(value, 0), MAX_PIXELS)) if value else 0


def _version(*parts: str | None) -> str:
    return ".".join(part for part in parts if part)


def _device_type(found: Result, agent: str) -> str:
    family = found.device.family if found.device else ""
    brand = (found.device.brand if found.device else "") or ""
    system = found.os.family if found.os else ""
    if family == "Spider":
        return "bot"
    if family == "iPad" or "Tablet" in brand or "Tablet" in agent or (system == "Android" and "Mobile" not in agent):
        return "tablet"
    if "Mobi" in agent or system in ("Android", "iOS"):
        return "mobile"
    return "desktop" if system.startswith(_DESKTOPS) else ""
