from engine.analysis import ActionCount, CommonPattern, PageStay, RepeatedPattern, Summary
from engine.device import Device
from engine.registry import Registry
from engine.slots import session_key
from engine.summary import summarise
from tests.builders import GAP, T0, batch, click, event, make_registry
from tests.engine.drive import S1, take, tick


def test_a_summary_says_everything_about_its_session() -> None:
    registry = make_registry()
    device = Device("Chrome", "120", "Linux", "6", "desktop", 1920, 1080, 1600, 900)
    steps = [step for cycle in range(3) for step in (event("search", cycle * 1000), event("open", cycle * 1000 + 500))]
    take(
        registry,
        event("page_view", -9, url="https://shop.example/a", path="/a", device=device, country="DE", city="Ulm"),
        event("scroll", -5, scroll_depth=70),
        *steps,
        event("js_error", 4000),
        event("page_view", 5000, url="https://shop.example/b", path="/b"),
        event("page_view", 5000, url="https://shop.example/b", path="/b"),
    )
    assert summarise(registry.residents.live[S1]) == Summary(
        project_id="default",
        session_id="s1",
        user_id="u1",
        generation=1,
        state="live",
        version=10,
        started_ms=T0 - 9,
        last_active_ms=T0 + 5000,
        event_count=10,
        page_count=2,
        error_count=1,
        unique_screens=2,
        max_scroll_depth=70,
        entry_url="https://shop.example/a",
        entry_path="/a",
        exit_url="https://shop.example/b",
        exit_path="/b",
        has_error=True,
        most_used_actions=[
            ActionCount("open", 3, 33.33),
            ActionCount("search", 3, 33.33),
            ActionCount("page_view", 2, 22.22),
            ActionCount("js_error", 1, 11.11),
        ],
        common_patterns=[
            CommonPattern(["search", "open", "search"], 2, 1000.0),
            CommonPattern(["open", "search", "open"], 2, 1000.0),
        ],
        repeated_patterns=[RepeatedPattern(["search", "open"], 3, T0, T0 + 2500)],
        device=device,
        country="DE",
        city="Ulm",
        events_duplicate=1,
        active_ms=5009,
        pages=[PageStay("/a", 1, 5009, 0), PageStay("/b", 1, 0, 0)],
    )


def test_a_session_of_one_page_is_a_bounce() -> None:
    registry = make_registry()
    take(registry, event())
    assert summarise(registry.residents.live[S1]).is_bounce


def test_a_rage_click_shows() -> None:
    registry = make_registry()
    take(registry, *(click(100 * at) for at in range(6)))
    found = summarise(registry.residents.live[S1])
    assert (found.has_rage_click, found.has_dead_click, found.click_count) == (True, False, 6)


def test_an_ended_session_ended_with_its_last_event() -> None:
    registry = make_registry()
    take(registry, event(at=7))
    [summary] = tick(registry, GAP).summaries
    assert (summary.state, summary.ended_ms, summary.end_reason, summary.duration_ms) == ("ended", T0 + 7, "timeout", 0)


def broken() -> Registry:
    """A registry whose session s1 holds a log that cannot be read, and s2 is sound."""
    registry = make_registry()
    registry.apply(batch(event(), event(session="s2")), T0, 1)
    registry.residents.live[S1].log.names = ()
    return registry


def test_patterns_that_cannot_be_computed_are_left_out_and_counted_and_the_session_ends() -> None:
    registry = broken()
    outcome = registry.end([(S1, 1), (session_key("default", "s2"), 1)], T0, 2)
    found = {summary.session_id: (summary.event_count, len(summary.most_used_actions)) for summary in outcome.summaries}
    assert found == {"s1": (1, 0), "s2": (1, 1)}
    assert dict(registry.folder.noted.errors) == {"patterns": 1}


def test_a_session_whose_patterns_fail_can_be_read() -> None:
    summary = summarise(broken().residents.live[S1])
    assert (summary.event_count, summary.common_patterns) == (1, [])
