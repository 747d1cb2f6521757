"""The crash loop in its short form: each of the common faults once, and the verdict on every row."""

from pathlib import Path

import pytest

from tests.chaos.campaign import Campaign
from tests.chaos.faults import named
from tests.chaos.plan import Plan

FAULTS = ("kill shard and monitor", "kill store", "pause shard, kill gateway", "kill gateway", "kill everything")


@pytest.mark.timeout(180)
def test_nothing_acked_is_lost_or_doubled_whatever_is_killed(tmp_path: Path) -> None:
    plan = Plan(seed="short", faults=[named(name) for name in FAULTS], visitors=50, calm_s=(0.5, 1.0), gap_ms=15_000)
    result = Campaign(plan, tmp_path).run()
    assert result.verdict == (0, 0, [])
    assert result.acked > 1_000
    assert set(result.accepting_s) == set(FAULTS)
    assert result.rule_changes[0] > 0
