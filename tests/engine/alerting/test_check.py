"""Rules that can never fire, or cannot be told, are refused by name."""

from typing import Any

import pytest

from engine.alerting.check import check_rules
from engine.alerting.metrics import NAMES, dimension_of
from engine.alerting.rule import DEFAULT_RULES
from engine.errors import ConfigError
from tests.engine.alerting.boards import rule

TYPES = {"rage_click", "u_turn", "checkout_loop"}


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"metric": "evnts"}, ["`metric`", '"r"', '"evnts"', "events", "checkout_loop"]),
        ({"group_by": "route"}, ["`group_by`", '"route"', '"" or "event_type"']),
        ({"metric": "bounces", "group_by": "path"}, ["`group_by`", '"path"']),
        ({"filters": {"path": "/x"}}, ["`filters`", '"path"', '"event_type"']),
        ({"metric": "bounce_rate", "filters": {"path": "/x"}}, ["`filters`", "no filter"]),
        ({"kind": "outage"}, ["`kind`", "click_trouble_rate"]),
        ({"kind": "outage", "metric": "click_trouble_rate"}, ["`kind`", "by element"]),
        ({"kind": "surge", "metric": "api_error_rate"}, ["`kind`", "no rate"]),
        ({"kind": "absence", "metric": "avg_lcp"}, ["`kind`", "no mean"]),
    ],
)
def test_a_rule_about_nothing_is_refused_by_name(fields: dict[str, Any], parts: list[str]) -> None:
    with pytest.raises(ConfigError) as refused:
        check_rules([rule(**fields)], TYPES)
    assert all(part in refused.value.message for part in parts), refused.value.message


def test_the_default_rules_are_right() -> None:
    check_rules(DEFAULT_RULES, TYPES)
    assert len({one.name for one in DEFAULT_RULES}) == len(DEFAULT_RULES)


@pytest.mark.parametrize("metric", [*NAMES, *sorted(TYPES)])
def test_every_metric_can_be_grouped_by_what_it_has(metric: str) -> None:
    check_rules([rule(metric=metric, group_by=dimension_of(metric))], TYPES)


def test_rates_can_be_grouped_by_what_both_of_their_metrics_have() -> None:
    assert dimension_of("api_error_rate") == "route"
    assert dimension_of("click_trouble_rate") == "element"
    assert dimension_of("js_errors_per_session") == ""
