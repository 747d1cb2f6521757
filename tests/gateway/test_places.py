"""Where an address is."""

from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from engine.config import Config, Server
from engine.errors import ConfigError
from gateway.agent import AgentReader
from gateway.normalise import Arrival, Normaliser
from gateway.places import NOWHERE, PlaceReader
from gateway.raw_event import RawEvent

NOW_MS = 1_700_000_000_000


@pytest.fixture
def database(tmp_path: Path) -> str:
    writer = MMDBWriter(ip_version=4, database_type="Test-City")
    writer.insert_network(IPSet(["192.0.2.0/24"]), {"country": {"iso_code": "DE"}, "city": {"names": {"en": "Berlin"}}})
    writer.insert_network(IPSet(["198.51.100.0/24"]), {"country": {"iso_code": "VN"}})
    path = tmp_path / "city.mmdb"
    writer.to_db_file(str(path))
    return str(path)


def test_an_address_in_the_database_has_a_country_and_a_city(database: str) -> None:
    assert PlaceReader(database).look_up("192.0.2.7") == ("DE", "Berlin")


def test_a_city_that_is_not_known_is_empty(database: str) -> None:
    assert PlaceReader(database).look_up("198.51.100.1") == ("VN", "")


@pytest.mark.parametrize("address", ["203.0.113.1", "not an address", "", "::1"])
def test_what_is_not_in_it_is_nowhere(database: str, address: str) -> None:
    assert PlaceReader(database).look_up(address) == NOWHERE


def test_an_event_without_a_country_gets_the_one_of_its_address(database: str) -> None:
    normaliser = Normaliser(Config(server=Server(geoip_database=database)), AgentReader())
    arrival = Arrival(NOW_MS, NOW_MS, client_ip="192.0.2.7")
    plain = RawEvent(event_type="page_view", session_id="s")
    said = RawEvent(event_type="page_view", session_id="s", country="FR", city="Lyon")
    assert [(e.country, e.city) for e in (normaliser.event(plain, arrival), normaliser.event(said, arrival))] == [
        ("DE", "Berlin"),
        ("FR", "Lyon"),
    ]


def test_a_database_that_cannot_be_read_is_a_setting_that_is_wrong(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mmdb"
    broken.write_bytes(b"no database")
    for path in (str(broken), str(tmp_path / "missing.mmdb")):
        with pytest.raises(ConfigError, match=r"`server\.geoip_database`"):
            PlaceReader(path)
