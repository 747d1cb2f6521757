"""Sessions that have no id of their own: cut by user and gap."""

from engine.memory_archive import MemoryArchive
from engine.slots import session_key, user_key
from engine.wire import (
    ACCEPTED,
    DUPLICATE,
    LATE_FOLDED,
    LATE_RAW,
    Event,
)
from tests.builders import GAP, T0, event, make_registry
from tests.engine.drive import DAY, take

# -- sessions found by their user -------------------------------------------------------------------------------------


def anonymous(at: int, user: str = "u1") -> Event:
    return event(at=at, session="", user=user)


def test_events_without_a_session_id_are_cut_by_user_and_gap() -> None:
    outcome = take(make_registry(), anonymous(0), anonymous(GAP), anonymous(0, "u2"), anonymous(2 * GAP + 1))
    found = [outcome.session_ids[place] for place in range(4)]
    assert (found[0] == found[1], len(set(found))) == (True, 3)
    assert outcome.generations == [1, 1, 1, 1]


def test_made_ids_are_the_same_in_every_run() -> None:
    runs = [take(make_registry(), anonymous(0), anonymous(GAP + 1)).session_ids for _ in range(2)]
    assert runs[0] == runs[1]


def test_a_made_session_is_found_by_its_id_live_ended_and_archived() -> None:
    archive = MemoryArchive()
    registry = make_registry(archive)
    made = take(registry, anonymous(0)).session_ids[0]
    key = user_key("default", "u1")
    assert registry.residents.key_of("default", made) == key
    registry.end([(key, 1)], T0, 2)
    assert registry.residents.key_of("default", made) == key
    archive.save(registry.residents)
    assert registry.residents.key_of("default", made) == key
    found = registry.residents.find(key, made, None)
    assert found is not None
    assert (found.session_id, found.public_generation) == (made, 1)
    assert registry.residents.find(key, made, 2) is None


def test_ids_of_sessions_that_left_the_memory_leave_it_too() -> None:
    archive = MemoryArchive()
    registry = make_registry(archive)
    take(registry, anonymous(0), anonymous(GAP + 1))
    archive.save(registry.residents)
    assert len(registry.residents._made) == 1


def test_an_event_may_name_a_made_session() -> None:
    registry = make_registry()
    made = take(registry, anonymous(0)).session_ids[0]
    outcome = take(registry, event(at=1, session=made))
    assert (outcome.statuses, outcome.session_ids) == (bytes([ACCEPTED]), {})
    assert registry.residents.live[user_key("default", "u1")].event_count == 2


def test_a_made_id_opens_nothing_in_another_project() -> None:
    registry = make_registry()
    made = take(registry, anonymous(0)).session_ids[0]
    assert registry.residents.key_of("another", made) == session_key("another", made)


def test_a_late_event_without_a_session_id_names_the_session_it_belongs_to(archive: MemoryArchive | None) -> None:
    registry = make_registry(archive)
    made = take(registry, anonymous(0), anonymous(9)).session_ids[0]
    registry.end([(user_key("default", "u1"), 1)], T0, 2)
    if archive is not None:
        archive.save(registry.residents)
    for at, now, status in ((5, 1, LATE_FOLDED), (5, 2, DUPLICATE), (6, DAY + 1, LATE_RAW)):
        outcome = take(registry, anonymous(at), now=now)
        assert (outcome.statuses, outcome.session_ids, outcome.generations) == (bytes([status]), {0: made}, [1])
