from actors.listing import Unstored, merge, newest
from engine.analysis import Summary
from engine.registry import Registry
from persistence.ports import SessionFilter
from tests.builders import T0, batch, click, event, make_registry


def ended(session_id: str, started: int, *, version: int = 1, generation: int = 1, user: str = "u1") -> Summary:
    return Summary("default", session_id, user, generation, "ended", version, T0 + started, T0 + started)


def live(*started: int) -> Registry:
    registry = make_registry()
    registry.apply(batch(*(event(at=at, session=f"live{at}") for at in started)), T0, 1)
    return registry


def names(found: list[Summary]) -> list[str]:
    return [summary.session_id for summary in found]


def unstored(*summaries: Summary) -> Unstored:
    kept = Unstored()
    for seq, summary in enumerate(summaries, start=1):
        kept.add(seq, [summary])
    return kept


def test_live_and_ended_sessions_come_newest_first() -> None:
    found = newest(live(0, 20).residents.live.values(), unstored(ended("e", 10)), SessionFilter("default"))
    assert names(found) == ["live20", "e", "live0"]


def test_a_state_is_asked_for() -> None:
    sessions = live(0).residents.live.values()
    for state, expected in (("live", ["live0"]), ("ended", ["e"])):
        wanted = SessionFilter("default", state=state)  # type: ignore[arg-type]
        assert names(newest(sessions, unstored(ended("e", 10)), wanted)) == expected


def test_filters_narrow_the_list() -> None:
    kept = unstored(ended("a", 0), ended("b", 10, user="u2"), ended("c", 20))
    for wanted, expected in (
        (SessionFilter("another"), []),
        (SessionFilter("default", user_id="u2"), ["b"]),
        (SessionFilter("default", from_ms=T0 + 10, to_ms=T0 + 20), ["b"]),
        (SessionFilter("default", limit=2), ["c", "b"]),
        (SessionFilter("default", before=(T0 + 20, "c", 1)), ["b", "a"]),
        (SessionFilter("default", anomaly="rage_click"), []),
    ):
        assert names(newest([], kept, wanted)) == expected


def test_sessions_with_an_anomaly_are_found_while_they_are_live() -> None:
    registry = live(0)
    registry.apply(batch(*(click(100 * at, session="angry") for at in range(6))), T0, 2)
    wanted = SessionFilter("default", anomaly="rage_click")
    assert names(newest(registry.residents.live.values(), Unstored(), wanted)) == ["angry"]


def test_pages_follow_each_other_without_gap_or_repetition() -> None:
    sessions = live(*range(10)).residents.live.values()
    before, seen = None, []
    while page := newest(sessions, Unstored(), SessionFilter("default", limit=3, before=before)):
        seen += names(page)
        before = (page[-1].started_ms, page[-1].session_id, page[-1].generation)
    assert seen == [f"live{at}" for at in reversed(range(10))]


def test_an_ended_session_that_changed_is_listed_once_in_its_last_version() -> None:
    found = newest([], unstored(ended("e", 0, version=1), ended("e", 0, version=2)), SessionFilter("default"))
    assert [summary.version for summary in found] == [2]


def test_what_the_store_has_is_not_kept() -> None:
    kept = unstored(ended("a", 0), ended("b", 10), ended("c", 20))
    kept.stored(2)
    assert [summary.session_id for summary in kept] == ["c"]


def test_while_the_store_is_away_the_oldest_ends_are_forgotten() -> None:
    kept = Unstored()
    for seq in range(1, 10_101):
        kept.add(seq, [ended(f"s{seq}", seq)])
    assert names(list(kept)) == [f"s{seq}" for seq in range(101, 10_101)]


def test_pages_of_shards_and_store_become_one() -> None:
    pages = [[ended("a", 5, version=3), ended("b", 0)], [ended("c", 9), ended("a", 5, version=2)]]
    assert [(s.session_id, s.version) for s in merge(pages, 2)] == [("c", 1), ("a", 3)]


def test_an_outage_of_any_length_keeps_a_bounded_number_of_ends() -> None:
    kept = unstored(*(ended(f"s{number}", number) for number in range(10_100)))
    found = list(kept)
    assert (len(found), found[0].session_id) == (10_000, "s100")


def test_long_addresses_and_many_findings_keep_fewer() -> None:
    kept = Unstored()
    for number in range(1_000):
        summary = ended(f"s{number}", number)
        summary.entry_url = "u" * 100_000
        kept.add(number, [summary])
    assert 0 < len(list(kept)) < 100
    assert kept.size_bytes < 32_000_000
    kept.stored(1_000)
    assert (list(kept), kept.size_bytes) == ([], 0)
