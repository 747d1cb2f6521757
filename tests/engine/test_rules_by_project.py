from engine.config import Config, Project
from engine.fold import Folder
from engine.rulebook import rulebook_of
from engine.session import Session
from tests.builders import T0, click

CONFIG = Config(
    projects={"shop": Project(detectors={"rage_click": {"min_clicks": 3}, "rapid_fire": {"enabled": False}})}
)


def found_in(project_id: str) -> set[str]:
    folder = Folder(CONFIG.session, rulebook_of(CONFIG))
    session = Session(f"{project_id}\0s1", "", project_id, "u1", 1, T0, T0, T0)
    for at in range(6):
        folder.fold(session, click(at * 90), T0)
    return {f"{anomaly.type} {anomaly.details['count']}" for anomaly in session.anomalies}


def test_a_project_has_its_own_rules_and_the_others_those_of_all() -> None:
    book = rulebook_of(CONFIG)
    assert book.of("shop").rules.rage_click.min_clicks == 3
    assert book.of("another").rules == CONFIG.detectors


def test_a_detector_that_is_turned_off_finds_nothing() -> None:
    assert found_in("another") == {"repeated_action 6", "rapid_fire 6", "rage_click 6"}
    assert found_in("shop") == {"repeated_action 6", "rage_click 6"}
