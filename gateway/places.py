"""Client address -> country and city, from a MaxMind city database when one is configured."""

from functools import lru_cache
from typing import Any, Final

import maxminddb

from engine.errors import ConfigError

NOWHERE: Final = ("", "")
_MAX_CACHED: Final = 50_000


class PlaceReader:
    """`look_up` gives (ISO country code, English city name), "" for what is not known. Raises ConfigError when the
    database cannot be read."""

    def __init__(self, path: str) -> None:
        self._database = _opened(path)
        self.look_up = lru_cache(_MAX_CACHED)(self._look_up)

    def _look_up(self, address: str) -> tuple[str, str]:
        try:
            found: Any = self._database.get(address)
        except ValueError:  # not an address: a client may call itself anything
            return NOWHERE
        return _place(found) if isinstance(found, dict) else NOWHERE


def _opened(path: str) -> maxminddb.Reader:
    try:
        return maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        message = f"`server.geoip_database` is {path!r}, which cannot be read as a MaxMind database: {error}."
        raise ConfigError(message) from error


def _place(found: dict[str, Any]) -> tuple[str, str]:
    country = found.get("country", {}).get("iso_code", "")
    city = found.get("city", {}).get("names", {}).get("en", "")
    return str(country), str(city)
