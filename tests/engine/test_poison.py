import pytest

from engine.errors import JournalDamaged
from engine.poison import (
    BATCH,
    ENDS,
    FRAME,
    MAX_GUILTY,
    MAX_ISOLATED,
    MAX_SUSPECTS,
    NOWHERE,
    Isolated,
    Subject,
    Suspects,
    name_of_event,
)
from tests.builders import event

ONE, OTHER = b"one.....", b"other..."
SENT = Subject(BATCH, "g1", 5)


@pytest.mark.parametrize(
    ("subject", "deaths_named"), [(SENT, 1), (Subject(ENDS, "tick"), 1), (Subject(FRAME, "", 9), 2)]
)
def test_a_step_is_left_out_when_enough_processes_died_of_it(subject: Subject, deaths_named: int) -> None:
    suspects = Suspects()
    suspects.blame(subject, NOWHERE, 0)
    for _ in range(deaths_named):
        suspect = suspects.of(subject)
        assert suspect is not None
        assert not suspect.condemns(ONE)
        suspects.blame(subject, ONE, 0)
    suspect = suspects.of(subject)
    assert suspect is not None
    assert (suspect.deaths, suspect.condemns(ONE), suspect.condemns(OTHER)) == (1 + deaths_named, True, False)


def test_where_very_many_steps_kill_everything_is_left_out() -> None:
    suspects = Suspects()
    for number in range(MAX_GUILTY):
        assert not suspects.blame(SENT, bytes([number + 1] * 8), 0).condemns(OTHER)
    assert suspects.blame(SENT, b"\xee" * 8, 0).condemns(OTHER)


def test_who_is_acquitted_is_no_suspect() -> None:
    suspects = Suspects()
    suspects.blame(SENT, NOWHERE, 0)
    suspects.acquit(SENT)
    assert suspects.known == []


def test_frames_that_are_not_replayed_any_more_are_forgotten() -> None:
    suspects = Suspects()
    for seq in (1, 2, 3):
        suspects.blame(Subject(FRAME, "", seq), NOWHERE, 0)
    suspects.blame(SENT, NOWHERE, 2)
    assert [suspect.subject.number for suspect in suspects.known] == [3, 5]


def test_suspects_are_bounded_and_the_oldest_batch_goes_first() -> None:
    suspects = Suspects()
    suspects.blame(Subject(FRAME, "", 1), NOWHERE, 0)
    for number in range(2 * MAX_SUSPECTS):
        suspects.blame(Subject(BATCH, "g1", number), NOWHERE, 0)
    assert len(suspects.known) == MAX_SUSPECTS
    assert suspects.of(Subject(FRAME, "", 1)) is not None
    assert suspects.of(Subject(BATCH, "g1", 2 * MAX_SUSPECTS - 1)) is not None


def test_a_version_that_dies_of_every_frame_is_stopped() -> None:
    suspects = Suspects()
    for seq in range(MAX_SUSPECTS):
        suspects.blame(Subject(FRAME, "", seq + 1), NOWHERE, 0)
    with pytest.raises(JournalDamaged, match="Start the version that wrote them"):
        suspects.blame(Subject(FRAME, "", MAX_SUSPECTS + 1), NOWHERE, 0)


def test_isolated_events_are_known_after_their_frame_and_in_their_project_only() -> None:
    isolated, poison = Isolated(), event(id="x")
    isolated.add(poison, 5)
    assert not isolated.holds(poison, 5)
    assert isolated.holds(poison, 6)
    poison.project_id = "another"
    assert not isolated.holds(poison, 6)
    assert isolated.event_ids() == {"x"}


def test_isolated_events_are_bounded() -> None:
    isolated = Isolated()
    for number in range(MAX_ISOLATED + 10):
        isolated.add(event(id=f"e{number}"), 1)
    assert len(isolated.frames) == MAX_ISOLATED
    assert not isolated.holds(event(id="e9"), 2)
    assert isolated.holds(event(id="e10"), 2)


def test_events_have_the_same_name_when_they_are_the_same() -> None:
    assert name_of_event(event(id="x", at=1)) == name_of_event(event(id="x", at=2)) != name_of_event(event(id="y"))
