"""Who is where and who is stuck."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.analysis import Anomaly
from engine.live import MAX_PAGES, OTHER, Live, LiveFilter, LiveIndex
from engine.session import Session

T0 = 1_767_355_200_000
MINUTE = 60_000


def session(name: str, page: str = "/", *anomalies: Anomaly, project: str = "default", reached: int = 0) -> Session:
    made = Session(f"{project}\0{name}", "", project, f"user of {name}", 1, T0, T0, T0)
    made.exit_path, made.anomalies, made.funnels = page, anomalies, (reached,)
    return made


def anomaly(
    kind: str = "rage_click", *, element: str = "", severity: str = "high", status: str = "confirmed"
) -> Anomaly:
    details: dict[str, int | float | str] = {"element": element} if element else {}
    return Anomaly(f"{kind}{element}", kind, severity, "", T0, T0, details=details, status=status)  # type: ignore[arg-type]


class Shard:
    """Live sessions and their index."""

    def __init__(self) -> None:
        self.live: dict[str, Session] = {}
        self.index = LiveIndex(self.live, (3,))

    def put(self, one: Session, at: int = 0) -> None:
        self.live[one.key] = one
        self.index.changed(one.key, T0 + at)

    def end(self, name: str, project: str = "default") -> None:
        key = f"{project}\0{name}"
        del self.live[key]
        self.index.changed(key, T0)

    def look(self, at: int = 0, project: str = "default", **wanted: Any) -> Live:
        return self.index.look(LiveFilter(project, **wanted), T0 + at)

    def stuck(self, at: int = 0, **wanted: Any) -> list[str]:
        return [one.session_id for one in self.look(at, **wanted).stuck]


def test_live_sessions_are_counted_by_page_and_step_until_they_move_or_end() -> None:
    shard = Shard()
    shard.put(session("a", "/cart", reached=2))
    shard.put(session("b", "/", reached=1))
    found = shard.look()
    assert (found.sessions, found.pages, found.funnels) == (2, {"/cart": 1, "/": 1}, [[1, 1, 0]])
    shard.put(session("a", "/pay", reached=3))
    shard.end("b")
    found = shard.look()
    assert (found.sessions, found.pages, found.funnels) == (1, {"/pay": 1}, [[0, 0, 1]])


def test_who_has_an_anomaly_is_stuck_the_latest_first() -> None:
    shard = Shard()
    for at, name in enumerate("abc"):
        shard.put(session(name, "/", anomaly()), at)
    shard.put(session("a", "/", anomaly(), anomaly("dead_click")), 5)
    assert shard.stuck() == ["a", "c", "b"]
    assert shard.stuck(limit=2) == ["a", "c"]


def test_an_anomaly_that_was_withdrawn_does_not_count() -> None:
    shard = Shard()
    shard.put(session("a", "/", anomaly()))
    shard.put(session("a", "/", anomaly(status="withdrawn")))
    assert shard.stuck() == []


def test_after_the_minutes_asked_for_nobody_is_stuck_any_more() -> None:
    shard = Shard()
    shard.put(session("a", "/", anomaly()))
    assert shard.stuck(5 * MINUTE) == ["a"]
    assert shard.stuck(5 * MINUTE + 1) == []
    assert shard.stuck(6 * MINUTE, minutes=10) == ["a"]


def test_who_moves_on_is_found_on_the_new_page_and_keeps_the_place() -> None:
    shard = Shard()
    shard.put(session("a", "/", anomaly()))
    shard.put(session("b", "/", anomaly()), 1)
    shard.put(session("a", "/cart", shard.live["default\0a"].anomalies[0]), 2)
    assert shard.stuck() == ["b", "a"]
    assert shard.stuck(page="/cart") == ["a"]


def test_one_anomaly_must_fit_the_whole_filter() -> None:
    shard = Shard()
    shard.put(session("a", "/", anomaly(element="#pay"), anomaly("dead_click", element="#map", severity="medium")))
    assert shard.stuck(anomaly="rage_click", element="#pay", severity="high") == ["a"]
    assert shard.stuck(anomaly="rage_click", element="#map") == []
    [found] = shard.look(severity="medium").stuck
    assert (found.anomalies, found.element, found.severity) == (["dead_click"], "#map", "medium")


def test_the_worst_severity_and_the_latest_element_are_shown() -> None:
    shard = Shard()
    shard.put(session("a", "/", anomaly(element="#pay"), anomaly("u_turn", severity="low")))
    [found] = shard.look().stuck
    assert (found.severity, found.element, found.anomalies) == ("high", "#pay", ["rage_click", "u_turn"])


def test_projects_do_not_see_each_other() -> None:
    shard = Shard()
    shard.put(session("a", "/", anomaly(), project="one"))
    assert (shard.look(project="two").sessions, shard.look(project="one").sessions) == (0, 1)
    shard.end("a", "one")
    assert shard.look(project="one").sessions == 0


def test_pages_beyond_the_bound_are_counted_together() -> None:
    shard = Shard()
    for number in range(MAX_PAGES + 5):
        shard.put(session(f"s{number}", f"/{number}"))
    pages = shard.look().pages
    assert (pages[OTHER], len(pages)) == (5, MAX_PAGES + 1)
    for number in range(MAX_PAGES + 5):
        shard.end(f"s{number}")
    assert shard.look().pages == {}


MOVES = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["/", "/cart", ""]), st.integers(0, 3), st.integers(0, 2)),
    max_size=30,
)


@given(MOVES)
def test_the_index_says_what_one_made_anew_would_say(moves: list[tuple[str, str, int, int]]) -> None:
    shard = Shard()
    for name, page, reached, anomalies in moves:
        if page:
            shard.put(session(name, page, *[anomaly(f"k{n}") for n in range(anomalies)], reached=reached))
        elif f"default\0{name}" in shard.live:
            shard.end(name)
    before = shard.look()
    shard.index.rebuild()
    after = shard.look()
    assert (after.sessions, after.pages, after.funnels) == (before.sessions, before.pages, before.funnels)
    assert {one.session_id for one in after.stuck} == {one.session_id for one in before.stuck}
