"""The sizes of the systems that this one replaces, and what the configuration puts over them."""

import pytest

from engine.config import ClickHouse
from persistence.flush import flush_rules


@pytest.mark.parametrize(
    ("config", "flush_rows", "flush_interval_ms"),
    [
        (ClickHouse(), 5_000, 1_000),
        (ClickHouse(preset="seed-000"), 500, 10_000),
        (ClickHouse(preset="seed-003"), 1_000, 5_000),
        (ClickHouse(preset="seed-003", flush_rows=7), 7, 5_000),
        (ClickHouse(preset="seed-000", flush_interval_ms=9), 500, 9),
    ],
)
def test_a_number_in_the_configuration_overrides_the_preset(
    config: ClickHouse, flush_rows: int, flush_interval_ms: int
) -> None:
    rules = flush_rules(config)
    assert (rules.flush_rows, rules.flush_interval_ms) == (flush_rows, flush_interval_ms)


def test_the_largest_chunk_is_configured() -> None:
    assert flush_rules(ClickHouse(max_chunk_rows=10)).max_chunk_rows == 10
