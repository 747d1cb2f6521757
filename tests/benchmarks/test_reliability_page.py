"""docs/reliability.md: nothing in it that was not measured or is not held by a test."""

import ast
from pathlib import Path

import pytest

from benchmarks import reliability
from benchmarks.failures import FAILURES, Failure
from benchmarks.reliability_page import CAMPAIGNS, TARGET, page, said
from tests.sources import ROOT


def test_the_page_is_what_the_results_make_it() -> None:
    assert TARGET.read_text(encoding="utf-8") == page(reliability.read()), "run python -m benchmarks.reliability_page"


def test_every_campaign_was_run() -> None:
    assert reliability.read().keys() == CAMPAIGNS.keys()


def test_nothing_acked_was_lost_or_doubled_in_any_campaign() -> None:
    found = reliability.read()
    assert (found["chaos"]["lost"], found["chaos"]["doubled"], found["outage"]["lost or doubled"]) == (0, 0, 0)
    assert found["overload"]["events"]["accepted"] == found["overload"]["events"]["stored"]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.what)
def test_a_failure_is_held_by_a_test_that_exists(failure: Failure) -> None:
    file, _, name = failure.test.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert name in functions


def test_a_figure_that_was_not_measured_is_an_error() -> None:
    assert said("{chaos.kills.kill shard} kills", {"chaos": {"kills": {"kill shard": 3}}}) == "3 kills"
    with pytest.raises(StopIteration):
        said("{chaos.kills.other}", {"chaos": {"kills": {}}})
    with pytest.raises(KeyError):
        said("{overload.sent}", {"chaos": {}})


def test_a_figure_of_a_fault_is_missing_only_when_it_was_not_drawn() -> None:
    drawn = reliability.read()["chaos"]["kills"]
    rows = [line for line in TARGET.read_text(encoding="utf-8").splitlines() if "not drawn" in line]
    absent = [
        failure
        for failure in FAILURES
        if "chaos." in failure.figure and not any(f".{name}." in failure.figure for name in drawn)
    ]
    assert len(rows) == len(absent)


def test_a_page_can_be_made_of_each_campaign_alone() -> None:
    found = reliability.read()
    assert all(text.splitlines()[0] in page(found) for text in CAMPAIGNS.values())
    assert isinstance(TARGET, Path)
