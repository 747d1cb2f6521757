"""Some values in the place of some values of the rules."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ClientError
from engine.overlay import KINDS, applied, changed_kinds, difference
from engine.rules import RageClick, Rules, Sequence, Sequences

SEQUENCES = Sequences(patterns=(Sequence("hesitant", (frozenset({"b", "a"}), frozenset({"c"})), times=2),))
RULES = st.builds(
    Rules,
    rage_click=st.builds(
        RageClick,
        enabled=st.booleans(),
        min_clicks=st.integers(2, 50),
        ignore_texts=st.lists(st.text(min_size=1, max_size=5), max_size=3).map(tuple),
        preset=st.sampled_from(["", "gosight"]),
    ),
    sequences=st.sampled_from([Sequences(), SEQUENCES]),
)


@given(RULES, RULES)
def test_the_difference_of_two_rules_makes_the_one_of_the_other(one: Rules, other: Rules) -> None:
    overlay = difference(one, other)
    assert applied(other, overlay) == one
    assert list(overlay) == changed_kinds(one, other)


def test_equal_rules_are_equal_plain_data_whatever_the_order_in_a_set() -> None:
    found = difference(Rules(sequences=SEQUENCES), Rules())
    assert found["sequences"]["patterns"][0]["steps"] == [["a", "b"], ["c"]]


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ([], "`detectors` is []; a table is allowed."),
        ({"rage_click": {"enabled": 1}}, "`detectors.rage_click.enabled` is 1; true or false is allowed."),
        ({"rage_click": {"preset": "x"}}, '`detectors.rage_click.preset` is \'x\'; one of "", "gosight"'),
        (
            {"rage_click": {"ignore_texts": [""]}},
            "`detectors.rage_click.ignore_texts` is ['']; a list of at most 100, each item a text of 1 to 200 "
            "characters (wrong at `detectors.rage_click.ignore_texts[0]`) is allowed.",
        ),
        ({"sequences": {"patterns": [{"name": "A"}]}}, "(wrong at `detectors.sequences.patterns[0].name`)"),
        ({"u_turn": {"max_away_ms": 0}}, "`detectors.u_turn.max_away_ms` is 0; a whole number of at least 1 is"),
        ({"u_turn": {"max_away_ms": "x" * 500}}, "x…; a whole number"),
    ],
)
def test_what_is_wrong_is_named_with_what_came_and_what_is_allowed(overlay: Any, message: str) -> None:
    with pytest.raises(ClientError) as refused:
        applied(Rules(), overlay)
    assert message in refused.value.message


def test_every_detector_has_a_rule_that_can_be_switched_off() -> None:
    off = applied(Rules(), {kind: {"enabled": False} for kind in KINDS})
    assert not any(getattr(off, kind).enabled for kind in KINDS)
