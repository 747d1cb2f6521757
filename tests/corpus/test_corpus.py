"""The labelled streams: each gives its labels, and no more, however it arrives."""

from operator import attrgetter
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.rules import Rules
from engine.wire import Event
from tests.corpus.__main__ import main
from tests.corpus.cases import CASES
from tests.corpus.run import arrived, found, standing
from tests.corpus.stream import Label, Stream, streams
from tests.corpus.table import Score, known, scores, table
from tests.engine.mixed import arrivals
from tests.engine.streams import splits

BY_DETECTOR: Final = streams()
EVERY: Final = [stream for group in BY_DETECTOR.values() for stream in group]
BATCH: Final = 50
FEW: Final = settings(max_examples=8)


def each() -> pytest.MarkDecorator:
    named = [pytest.param(one, id=f"{kind}: {one.title}") for kind, group in BY_DETECTOR.items() for one in group]
    return pytest.mark.parametrize("stream", named)


@each()
def test_a_stream_gives_its_labels_and_no_more(stream: Stream) -> None:
    assert found(stream) == sorted(stream.labels())


@each()
@FEW
@given(data=st.data())
def test_it_gives_them_in_any_order_of_arrival_within_five_seconds(stream: Stream, data: st.DataObject) -> None:
    parts = data.draw(splits(data.draw(arrivals(arrived(stream)))))
    assert standing(found(stream, parts)) == standing(stream.labels())


@each()
@FEW
@given(data=st.data())
def test_it_gives_them_in_any_batches(stream: Stream, data: st.DataObject) -> None:
    assert standing(found(stream, data.draw(splits(arrived(stream))))) == standing(stream.labels())


@each()
@FEW
@given(data=st.data())
def test_events_that_say_nothing_change_nothing(stream: Stream, data: st.DataObject) -> None:
    events = sorted(arrived(stream), key=attrgetter("at_ms"))
    first, last = events[0], events[-1]
    times = (
        data.draw(st.lists(st.integers(first.at_ms, last.at_ms - 1), max_size=5)) if last.at_ms > first.at_ms else []
    )
    for number, at_ms in enumerate(times):
        events.append(Event("default", f"beat{number}", first.session_id, first.user_id, "heartbeat", at_ms))
    parts = [[event] for event in sorted(events, key=attrgetter("at_ms"))]
    assert standing(found(stream, parts)) == standing(stream.labels())


@each()
@FEW
@given(shift_ms=st.integers(-(10**12), 10**12))
def test_the_time_of_day_does_not_matter(stream: Stream, shift_ms: int) -> None:
    events = arrived(stream)
    for event in events:
        event.at_ms += shift_ms
    assert standing(found(stream, [[event] for event in events])) == standing(stream.labels())


def test_sessions_at_the_same_time_do_not_touch_each_other() -> None:
    """All streams of the usual rules at once."""
    at_once = [one for one in EVERY if not one.rules and not one.ends and one.arrives == "in order"]
    events: list[Event] = []
    labels: list[Label] = []
    for number, stream in enumerate(at_once):
        for event in arrived(stream):
            event.event_id = f"{number}/{event.event_id}"
            event.session_id, event.user_id = f"{number}/{event.session_id}", f"{number}/{event.user_id}"
            events.append(event)
        labels += [
            label._replace(first=f"{number}/{label.first}", session=f"{number}/{label.session}")
            for label in stream.labels()
        ]
    events.sort(key=attrgetter("at_ms"))
    parts = [events[place : place + BATCH] for place in range(0, len(events), BATCH)]
    assert standing(found(Stream("at once", "", ()), parts)) == standing(labels)
    assert len(at_once) > 150


def test_every_detector_has_streams_with_and_without_an_anomaly() -> None:
    assert set(BY_DETECTOR) == set(Rules.__struct_fields__)
    for kind, group in BY_DETECTOR.items():
        named = {pattern["name"] for stream in group for pattern in _patterns(stream)} or {kind}
        finds = [{label.type for label in standing(stream.labels())} & named for stream in group]
        assert any(finds), kind
        assert not all(finds), kind


def _patterns(stream: Stream) -> list[dict[str, str]]:
    return list(stream.rules.get("sequences", {}).get("patterns", []))


@pytest.mark.parametrize("case", CASES)
def test_every_case_that_looks_like_it_and_is_not_has_a_stream(case: str) -> None:
    assert [stream for stream in EVERY if case in stream.cases], CASES[case]


def test_streams_show_cases_that_are_listed() -> None:
    assert {case for stream in EVERY for case in stream.cases} == set(CASES)


def test_titles_are_unique() -> None:
    titles = [stream.title for stream in EVERY]
    assert [title for title in titles if titles.count(title) > 1] == []


def test_what_is_reported_though_it_should_not_be_is_a_case() -> None:
    reported = [stream for stream in EVERY if stream.reported]
    assert len(known(EVERY)) == len(reported) > 0
    assert all(stream.cases and stream.finds for stream in reported)


def test_precision_and_recall_are_one_for_every_type() -> None:
    by_type = scores(EVERY)
    assert set(by_type) >= (set(Rules.__struct_fields__) - {"sequences"}) | {"slow_click", "lost_cart"}
    assert {kind: score for kind, score in by_type.items() if score.precision < 1 or score.recall < 1} == {}


def test_the_table_counts_what_is_too_much_and_what_is_missed() -> None:
    clicks = ([0, 200, 400, 600, 800, 1000], "click", {"x": 5, "y": 5})
    wrong = Stream("", "", (clicks,), (("rage_click", "low", "click@0"), ("repeated_action", "medium", "click@0")))
    by_type = scores([wrong])
    assert by_type == {"rage_click": Score(0, 1, 1), "repeated_action": Score(1, 0, 0)}
    assert [line.split()[1:] for line in table(by_type)[1:]] == [
        ["1", "0", "1", "1", "0.000", "0.000"],
        ["1", "1", "0", "0", "1.000", "1.000"],
        ["2", "1", "1", "1", "0.500", "0.500"],
    ]


def test_the_command_prints_the_table_and_what_cannot_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    said = capsys.readouterr().out
    assert "rage_click" in said
    assert all(f"- {line}" in said for line in known(EVERY))


def test_two_events_of_one_id_are_no_stream() -> None:
    twice = Stream("doubled", "", ((0, "search"), (0, "search", {"text": "shoes"})))
    with pytest.raises(ValueError, match="'doubled' has two events with the id 'search@0'"):
        twice.raw_events()
