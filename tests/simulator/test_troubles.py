"""Every planted trouble breaks its own rule, said here a second time and in other words, and no other rule."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from math import atan2, dist, pi

import pytest

from simulator.scenario import all_troubles
from simulator.troubles import TROUBLES
from simulator.truth import Fact
from simulator.witness import CONTINUOUS
from tests.simulator.traffic import Event, assert_drawn_from, at_ms, by_session, with_truth

Stream = tuple[list[Event], list[Fact]]
ANSWERS = {"page_view", "product_view", "dom_mutation", "input", "scroll", "session_end"}


@pytest.fixture(scope="module")
def stream() -> Stream:
    return with_truth(seed=21, events=60_000, troubles=all_troubles(0.5))


def point(event: Event) -> tuple[float, float]:
    return event["event_data"]["x"], event["event_data"]["y"]


def is_rage(session: list[Event]) -> bool:
    clicks = [event for event in session if event["event_type"] == "click"]
    return any(_is_one_spot(clicks[first : first + 6]) for first in range(len(clicks) - 5))


def _is_one_spot(clicks: list[Event]) -> bool:
    centre = (sum(point(c)[0] for c in clicks) / 6, sum(point(c)[1] for c in clicks) / 6)
    is_near = all(dist(point(click), centre) <= 50 for click in clicks)
    return is_near and at_ms(clicks[-1]) - at_ms(clicks[0]) <= 2_000


def is_dead(session: list[Event]) -> bool:
    return any(_is_dead(click, session[index + 1 :]) for index, click in _of_type(session, "click"))


def _is_dead(click: Event, after: list[Event]) -> bool:
    if click["event_data"]["target"]["tag"] not in ("a", "button"):
        return True
    return not any(event["event_type"] in ANSWERS for event in _within(after, click, 2_500))


def is_error_click(session: list[Event]) -> bool:
    return any(
        event["event_type"] == "js_error"
        for index, click in _of_type(session, "click")
        for event in _within(session[index + 1 :], click, 2_000)
    )


def is_thrashed(session: list[Event]) -> bool:
    moves = [event for event in session if event["event_type"] == "mouse_move"]
    return any(_is_thrashed([m for m in moves if 0 <= at_ms(m) - at_ms(first) <= 2_000]) for first in moves)


def _is_thrashed(moves: list[Event]) -> bool:
    path_px = sum(dist(point(a), point(b)) for a, b in pairwise(moves))
    took_ms = at_ms(moves[-1]) - at_ms(moves[0])
    headings = [atan2(point(b)[1] - point(a)[1], point(b)[0] - point(a)[0]) for a, b in pairwise(moves)]
    turns = sum(pi / 2 < abs(b - a) < 3 * pi / 2 for a, b in pairwise(headings))
    return turns >= 10 and path_px >= 600 and path_px / took_ms * 1000 >= 500


def is_u_turn(session: list[Event]) -> bool:
    visits = [event for event in session if event["event_type"] == "page_view"]
    urls = [event["page_info"]["page_url"] for event in visits]
    return any(
        urls[i] == urls[i + 2] != urls[i + 1] and at_ms(visits[i + 2]) - at_ms(visits[i + 1]) <= 10_000
        for i in range(len(visits) - 2)
    )


def is_slow(session: list[Event]) -> bool:
    limits = {"lcp": 3_000, "ttfb": 800, "fcp": 2_400, "load": 3_000}
    vitals = [event["event_data"] for event in session if event["event_type"] == "web_vitals"]
    return any(bool(found.get(name, 0) > limit) for found in vitals for name, limit in limits.items())


def is_stuck(session: list[Event]) -> bool:
    actions = [event["event_type"] for event in session if event["event_type"] not in CONTINUOUS]
    cycle = ["typing", "send_message", "back_to_home"] * 3
    return any(actions[first : first + 9] == cycle for first in range(len(actions)))


def is_rapid(session: list[Event]) -> bool:
    times = [at_ms(event) for event in session if event["event_type"] not in CONTINUOUS]
    gaps = [b - a for a, b in pairwise(times)]
    return any(max(gaps[first : first + 5]) < 100 for first in range(len(gaps) - 4))


def is_abandoned(session: list[Event]) -> bool:
    types = Counter(event["event_type"] for event in session)
    return types["form_start"] > types["form_submit"]


def is_lost(session: list[Event]) -> bool:
    depths = [(at_ms(e), e["event_data"]["depth_percent"]) for e in session if e["event_type"] == "scroll"]
    turns = [
        second[0]
        for (_, before), second, (_, after) in zip(depths, depths[1:], depths[2:], strict=False)
        if (second[1] - before) * (after - second[1]) < 0 and min(abs(second[1] - before), abs(after - second[1])) >= 25
    ]
    return any(turns[place + 5] - turns[place] <= 10_000 for place in range(len(turns) - 5))


def is_reloaded(session: list[Event]) -> bool:
    loads = [(at_ms(e), e["page_info"]["page_url"]) for e in session if e["event_type"] == "page_view"]
    return any(
        len({url for _, url in three}) == 1 and three[2][0] - three[0][0] <= 10_000
        for three in zip(loads, loads[1:], loads[2:], strict=False)
    )


def is_left_open(session: list[Event]) -> bool:
    return bool(session[-1]["event_type"] != "session_end")


RULES: dict[str, Callable[[list[Event]], bool]] = {
    "rage_click": is_rage,
    "dead_click": is_dead,
    "error_click": is_error_click,
    "thrashed_cursor": is_thrashed,
    "u_turn": is_u_turn,
    "slow_page": is_slow,
    "stuck_pattern": is_stuck,
    "rapid_fire": is_rapid,
    "form_abandonment": is_abandoned,
    "excessive_scrolling": is_lost,
    "refresh_rage": is_reloaded,
    "missing_close": is_left_open,
}


def test_there_is_a_rule_for_every_trouble() -> None:
    assert RULES.keys() == TROUBLES.keys()


@pytest.mark.parametrize("kind", RULES)
def test_exactly_the_sessions_of_the_truth_break_the_rule(kind: str, stream: Stream) -> None:
    made, facts = stream
    told = {fact.session_id for fact in facts if fact.type == kind}
    assert told
    assert {session_id for session_id, session in by_session(made).items() if RULES[kind](session)} == told


def test_a_repeated_action_is_told_wherever_it_comes_from(stream: Stream) -> None:
    made, facts = stream
    runs = [run for session in by_session(made).values() for run in _runs(session) if len(run) >= 5]
    told = [fact.event_ids for fact in facts if fact.type == "repeated_action"]
    assert sorted(told) == sorted(tuple(event["event_id"] for event in run) for run in runs)


def test_kinds_come_as_often_as_asked_for() -> None:
    shares = {"rage_click": 0.05, "u_turn": 0.1, "missing_close": 0.02}
    made, facts = with_truth(seed=5, events=40_000, troubles=shares)
    counts = Counter(fact.type for fact in facts if fact.type in shares)
    rest = len(by_session(made)) - counts.total()
    assert_drawn_from({**counts, "none": rest}, {**shares, "none": 0.83})


def test_what_the_truth_names_is_in_the_stream(stream: Stream) -> None:
    made, facts = stream
    known = {event["event_id"]: event for event in made}
    for fact in facts:
        named = [known[event_id] for event_id in fact.event_ids]
        assert named or fact.type == "missing_close"
        assert {event["session_id"] for event in named} <= {fact.session_id}
        assert not named or named[0]["timestamp"] == fact.started_at


def _of_type(session: list[Event], event_type: str) -> list[tuple[int, Event]]:
    return [(index, event) for index, event in enumerate(session) if event["event_type"] == event_type]


def _within(after: list[Event], event: Event, window_ms: int) -> list[Event]:
    return [other for other in after if at_ms(other) - at_ms(event) <= window_ms]


def _runs(session: list[Event]) -> list[list[Event]]:
    found: list[list[Event]] = []
    for event in session:
        if event["event_type"] in CONTINUOUS:
            continue
        if found and found[-1][0]["event_type"] == event["event_type"]:
            found[-1].append(event)
        else:
            found.append([event])
    return found
