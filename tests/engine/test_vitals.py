"""The worst web vitals of a session."""

from math import inf, nan

import pytest

from engine.vitals import NAMES, vitals_of, worst
from engine.wire import Facts


def kept(*pages: Facts) -> dict[str, float]:
    found = b""
    for facts in pages:
        found = worst(found, facts)
    return vitals_of(found)


def test_each_vital_keeps_its_worst_value() -> None:
    pages = (Facts(lcp=2_500.0, cls=0.05), Facts(lcp=1_200.0, cls=0.25, ttfb=90.0))
    assert kept(*pages) == kept(*pages[::-1]) == {"lcp": 2_500.0, "cls": 0.25, "ttfb": 90.0}


def test_every_vital_is_known_by_its_name() -> None:
    values = {name: float(place) for place, name in enumerate(NAMES)}
    assert kept(Facts(**values)) == values  # type: ignore[arg-type]


def test_zero_is_a_value() -> None:
    assert kept(Facts(cls=0.0)) == {"cls": 0.0}


def test_facts_without_vitals_cost_nothing() -> None:
    assert worst(b"", Facts(scroll_y=5)) == b""
    before = worst(b"", Facts(lcp=1.0))
    assert worst(before, Facts(route="GET /")) is before
    assert worst(before, Facts(lcp=0.5)) is before


@pytest.mark.parametrize("wrong", [nan, inf, -inf, -1.0])
def test_what_no_measurement_gives_is_left_out(wrong: float) -> None:
    assert kept(Facts(lcp=wrong)) == {}
    assert kept(Facts(lcp=5.0), Facts(lcp=wrong)) == {"lcp": 5.0}
