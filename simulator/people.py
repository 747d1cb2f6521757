"""Who comes: new people, and people who were here before and come back with the same device from the same city.

What of a person goes into every message is encoded once.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from simulator.chance import Weighted
from simulator.devices import DEVICES, Device
from simulator.tables import PLACES, SEGMENTS, Place

AWAY_MS: Final = 3_600_000  # nobody is back sooner: half an hour apart would be one session to whoever counts by user
_MAX_AWAY: Final = 2_000  # per segment; who is forgotten never comes back
_COMES_BACK: Final = 0.5  # of those who are no new visitors, when somebody is away for long enough
_FIRST_USER: Final = 100_000_000
_USERS: Final = 900_000_000
_USER_STEP: Final = 387_420_491  # shares no factor with the number of users: none comes twice


class Person(msgspec.Struct, frozen=True):
    """`device_json`: device_info and location as members of a message. `agent_json`: technical_info up to the times."""

    user_id: str
    segment: str
    device: Device
    device_json: str
    agent_json: str


class People:
    """`arrive` gives a person who is not here, `depart` takes one back."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._segments = Weighted({name: segment.share for name, segment in SEGMENTS.items()})
        self._devices = Weighted({name: found.share for name, found in DEVICES.items()})
        self._away: dict[str, deque[tuple[float, Person]]] = {name: deque(maxlen=_MAX_AWAY) for name in SEGMENTS}
        self._user = int(random() * _USERS)
        self._device_texts = {device: _device_text(device) for kind in DEVICES.values() for device in kind.devices}
        self._place_texts = [_place_text(place) for place in PLACES]

    def arrive(self, at_ms: float) -> Person:
        segment = self._segments.pick(self._random())
        away = self._away[segment]
        is_somebody_back = segment != "new_visitor" and away and away[0][0] + AWAY_MS < at_ms
        if is_somebody_back and self._random() < _COMES_BACK:
            return away.popleft()[1]
        return self._somebody_new(segment)

    def depart(self, person: Person, at_ms: float) -> None:
        """A new visitor who comes back is a returning one."""
        if person.segment == "new_visitor":
            person = msgspec.structs.replace(person, segment="returning_visitor")
        self._away[person.segment].append((at_ms, person))

    def _somebody_new(self, segment: str) -> Person:
        random = self._random
        self._user = (self._user + _USER_STEP) % _USERS
        devices = DEVICES[self._devices.pick(random())].devices
        device = devices[int(random() * len(devices))]
        place = self._place_texts[int(random() * len(PLACES))]
        address = f"192.168.{int(random() * 256)}.{1 + int(random() * 254)}"
        return Person(
            user_id=f"user_{_FIRST_USER + self._user}",
            segment=segment,
            device=device,
            device_json=f'"device_info":{self._device_texts[device]},"location":{place}',
            agent_json=f'{{"ip_address":"{address}","user_agent":"{device.user_agent}","page_load_time_ms":',
        )


def _device_text(device: Device) -> str:
    return to_json(
        {
            "type": device.type,
            "os": device.os,
            "browser": device.browser,
            "user_agent": device.user_agent,
            "screen_resolution": "{}x{}".format(*device.screen),
            "viewport_size": "{}x{}".format(*device.viewport),
        }
    )


def _place_text(place: Place) -> str:
    return to_json(place._asdict())


def to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
