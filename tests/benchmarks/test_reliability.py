"""The results file of the fault campaigns."""

from pathlib import Path

from benchmarks import reliability


def test_a_campaign_replaces_its_own_figures_and_no_others(tmp_path: Path) -> None:
    file = tmp_path / "reliability.json"
    reliability.record("chaos", {"kills": 3, "lost": 1}, file)
    reliability.record("overload", {"sent": 10}, file)
    reliability.record("chaos", {"kills": 4}, file)
    found = reliability.read(file)
    assert (found["chaos"]["kills"], "lost" in found["chaos"], found["overload"]["sent"]) == (4, False, 10)
    assert found["chaos"]["machine"]["cores"] >= 1
