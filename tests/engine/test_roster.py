"""Who is asked is looked up, and what is looked up stays small whatever types clients think of."""

from engine.config import Session
from engine.detectors import build_detectors
from engine.roster import Profiles, Roster
from engine.rulebook import Ruleset

DETECTORS = build_detectors(Ruleset(), Session())
PROFILES = Profiles(DETECTORS, Session().continuous_types)


def asked(event_type: str, bits: int = 0, reached: int = 0, *, is_same_type: bool = False) -> set[str]:
    return {one.detector.kind for one in Roster(DETECTORS)[PROFILES[event_type], bits, reached, is_same_type]}


def test_only_those_that_begin_with_a_type_are_asked_while_nothing_is_remembered() -> None:
    assert asked("click") == {"rage_click", "dead_click", "error_click", "rapid_fire"}
    assert asked("web_vitals") == {"slow_page"}


def test_a_rule_about_neighbours_is_asked_about_neighbours_only() -> None:
    assert asked("search", is_same_type=True) == {"repeated_action", "rapid_fire"}
    assert asked("search", reached=1) == set()


def test_those_that_remember_something_are_asked_about_all_that_they_listen_to() -> None:
    [place] = [place for place, one in enumerate(DETECTORS) if one is not None and one.kind == "repeated_action"]
    assert "repeated_action" in asked("search", 1 << place)


def test_types_that_only_an_app_knows_are_looked_up_as_one() -> None:
    assert len({PROFILES[f"step_{number}"] for number in range(10_000)}) == 1
    assert len(PROFILES) <= 4_096
