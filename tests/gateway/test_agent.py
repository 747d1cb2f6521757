"""Devices: from the User-Agent, and from what the event says itself."""

import pytest

from engine.device import Device
from gateway.agent import MAX_AGENT_CHARACTERS, MAX_PIXELS, AgentReader
from gateway.raw_event import RawDevice

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/120.0.0.0 Safari/537.36"
PHONE = f"Mozilla/5.0 (Linux; Android 13; SM-G991B) {WEBKIT} Chrome/116.0.0.0 Mobile Safari/537.36"
TABLET = f"Mozilla/5.0 (Linux; Android 13; SM-X900) {WEBKIT} Chrome/116.0.0.0 Safari/537.36"
IPAD = f"Mozilla/5.0 (iPad; CPU OS 16_5 like Mac OS X) {WEBKIT} Version/16.5 Mobile/15E148 Safari/604.1"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("agent", "browser", "system", "kind"),
    [
        (CHROME, ("Chrome", "120.0"), ("Windows", "10"), "desktop"),
        (PHONE, ("Chrome Mobile", "116.0"), ("Android", "13"), "mobile"),
        (TABLET, ("Chrome", "116.0"), ("Android", "13"), "tablet"),
        (IPAD, ("Mobile Safari", "16.5"), ("iOS", "16.5"), "tablet"),
        (BOT, ("Googlebot", "2.1"), ("", ""), "bot"),
        ("no agent at all", ("", ""), ("", ""), ""),
        ("", ("", ""), ("", ""), ""),
    ],
)
def test_the_user_agent_says_what_it_is(
    agents: AgentReader, agent: str, browser: tuple[str, str], system: tuple[str, str], kind: str
) -> None:
    assert agents.device(agent) == Device(*browser, *system, kind)


def test_a_long_agent_is_cut_before_it_is_parsed(agents: AgentReader) -> None:
    assert agents.device("x" * 1_000_000) is agents.device("x" * MAX_AGENT_CHARACTERS)


def test_without_a_device_the_agent_speaks(agents: AgentReader) -> None:
    assert agents.merged(None, agents.device(CHROME)) == agents.device(CHROME)
    assert agents.merged(None, None) is None


def test_the_events_own_device_wins_part_by_part(agents: AgentReader) -> None:
    came = RawDevice(browser="Opera", screen_width=1920, screen_height=1080.7)
    expected = Device("Opera", "", "Windows", "10", "desktop", 1920, 1080)
    assert agents.merged(came, agents.device(CHROME)) == expected


def test_the_devices_own_agent_wins_over_the_connections(agents: AgentReader) -> None:
    found = agents.merged(RawDevice(user_agent=PHONE), agents.device(CHROME))
    assert found == agents.device(PHONE)


@pytest.mark.parametrize(
    ("came", "size"),
    [
        (RawDevice(screen_resolution="375x667"), (375, 667)),
        (RawDevice(screen_resolution=" 1920 X 1080 "), (1920, 1080)),
        (RawDevice(screen_resolution="wide"), (0, 0)),
        (RawDevice(screen_width=5, screen_resolution="375x667"), (5, 0)),
        (RawDevice(screen_width=-5, screen_height=1e300), (0, MAX_PIXELS)),
        (RawDevice(screen_width=10**400), (MAX_PIXELS, 0)),
    ],
)
def test_sizes_fit_their_columns(agents: AgentReader, came: RawDevice, size: tuple[int, int]) -> None:
    found = agents.merged(came, None)
    assert found is not None
    assert (found.screen_width, found.screen_height) == size
