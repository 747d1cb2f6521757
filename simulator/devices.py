"""Devices: what belongs together stays together, from the user agent to the screen."""

from typing import Final, NamedTuple

_APPLE: Final = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_CHROME: Final = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"


class Device(NamedTuple):
    """Sizes in px, width and height."""

    type: str
    os: str
    browser: str
    user_agent: str
    screen: tuple[int, int]
    viewport: tuple[int, int]


class DeviceClass(NamedTuple):
    """Its `devices` are alike."""

    share: float
    devices: tuple[Device, ...]


def _iphone(screen: tuple[int, int]) -> Device:
    agent = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) {_APPLE} Version/17.0 Mobile/15E148 Safari/604.1"
    return Device("mobile", "iOS", "Safari", agent, screen, screen)


def _android(model: str, screen: tuple[int, int]) -> Device:
    agent = f"Mozilla/5.0 (Linux; Android 14; {model}) {_CHROME} Mobile Safari/537.36"
    return Device("mobile", "Android", "Chrome", agent, screen, screen)


def _windows(browser: str, ending: str, screen: tuple[int, int]) -> Device:
    agent = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64{ending}"
    return Device("desktop", "Windows", browser, agent, screen, (screen[0], screen[1] - 130))


def _mac(browser: str, engine: str, screen: tuple[int, int]) -> Device:
    agent = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {engine}"
    return Device("desktop", "macOS", browser, agent, screen, (screen[0], screen[1] - 110))


def _ipad(screen: tuple[int, int]) -> Device:
    agent = f"Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) {_APPLE} Version/17.0 Mobile/15E148 Safari/604.1"
    return Device("tablet", "iPadOS", "Safari", agent, screen, screen)


DEVICES: Final = {
    "mobile, iOS": DeviceClass(35, (_iphone((375, 667)), _iphone((390, 844)), _iphone((430, 932)))),
    "mobile, Android": DeviceClass(30, (_android("Pixel 8", (412, 915)), _android("SM-S911B", (360, 780)))),
    "desktop, Windows": DeviceClass(
        20,
        (
            _windows("Chrome", f") {_CHROME} Safari/537.36", (1920, 1080)),
            _windows("Edge", f") {_CHROME} Safari/537.36 Edg/131.0.0.0", (1536, 864)),
            _windows("Firefox", "; rv:133.0) Gecko/20100101 Firefox/133.0", (2560, 1440)),
        ),
    ),
    "desktop, macOS": DeviceClass(
        10,
        (
            _mac("Safari", f"{_APPLE} Version/17.0 Safari/605.1.15", (1440, 900)),
            _mac("Chrome", f"{_CHROME} Safari/537.36", (1728, 1117)),
        ),
    ),
    "tablet, iPadOS": DeviceClass(5, (_ipad((810, 1080)), _ipad((820, 1180)))),
}
