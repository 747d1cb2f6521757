from hypothesis import given
from hypothesis import strategies as st

from engine.poison import name_of_control, name_of_event
from engine.registry import Registry
from engine.steps import end_in_steps, fold_in_steps
from engine.wire import ACCEPTED, DUPLICATE, QUARANTINED, Batch, Event, Outcome
from tests.builders import HOUR, T0, batch, closed, event, make_registry, opened, states
from tests.engine.streams import splits, streams


def in_steps(registry: Registry, whole: Batch[Event], names: list[bytes], **left_out: dict[int, int]) -> Outcome:
    decided = left_out.get("decided", {})
    refused = left_out.get("refused", {})
    return fold_in_steps(registry, whole, T0, 1, decided=decided, refused=refused, at=names.append)


@given(st.data())
def test_a_batch_in_steps_is_a_batch_in_one_go(data: st.DataObject) -> None:
    parts = data.draw(splits(data.draw(st.permutations(data.draw(streams())))))
    controls = data.draw(st.lists(st.sampled_from([opened("s1"), closed("s1"), opened("s9"), closed("s9")])))
    one, other = make_registry(), make_registry()
    for number, part in enumerate([*parts, *parts[:1]], start=1):
        whole = batch(*part, number=number, controls=controls)
        expected, found = one.apply(whole, T0, 1), in_steps(other, whole, [])
        assert (found.statuses, found.controls) == (expected.statuses, expected.controls)
        assert (found.generations, found.session_ids) == (expected.generations, expected.session_ids)
        assert (found.indexes, found.moved) == (expected.indexes, expected.moved)
        assert [s.session_id for s in found.summaries] == [s.session_id for s in expected.summaries]
        assert found.anomalies == expected.anomalies
    assert states(other) == states(one)


def test_each_step_is_named_before_it_is_done() -> None:
    late, early = event(at=2), event(at=1)
    whole = batch(late, early, controls=[closed("s1"), opened("s2")])
    names: list[bytes] = []
    in_steps(make_registry(), whole, names)
    close, open_ = map(name_of_control, whole.controls)
    assert names == [open_, name_of_event(early), name_of_event(late), close]


def test_what_is_left_out_is_as_if_it_had_not_come() -> None:
    kept, left, resent = event(at=1), event("app_close", 2), event(at=3, session="s2")
    one, other = make_registry(), make_registry()
    one.apply(batch(kept), T0, 1)
    whole = batch(left, kept, resent, controls=[closed("s1")])
    outcome = in_steps(other, whole, [], decided={0: QUARANTINED, 2: DUPLICATE}, refused={0: 0})
    assert outcome.statuses == bytes([QUARANTINED, ACCEPTED, DUPLICATE])
    assert (outcome.generations, outcome.session_ids, outcome.controls) == ([0, 1, 0], {}, bytes([0]))
    assert states(other) == states(one)


def test_sessions_end_in_steps_as_in_one_go() -> None:
    one, other = make_registry(), make_registry()
    for registry in (one, other):
        registry.apply(batch(event(session="s1"), event(session="s2")), T0, 1)
    ending = one.due(T0 + HOUR, limit=10)
    names: list[bytes] = []
    assert end_in_steps(other, ending, T0 + HOUR, 2, names.append) == one.end(ending, T0 + HOUR, 2)
    assert len(set(names)) == 2
    assert states(other) == states(one)
