"""docs/simulator.md is fresh, and its Python examples run as they stand there."""

import re

from simulator.guide import page
from simulator.tables import EVENT_TYPES, SEGMENTS
from simulator.troubles import PLANNERS
from tests.sources import ROOT

PAGE = ROOT / "docs" / "simulator.md"


def test_the_page_is_fresh_and_says_everything() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m cli.documents"
    assert all(f"| `{name}` |" in page() for name in (*EVENT_TYPES, *SEGMENTS, *PLANNERS))


def test_the_python_examples_run(capfdbinary: object) -> None:
    """One after the other, as a reader would type them."""
    blocks = re.findall(r"^```python\n(.*?)^```$", page(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    sessions, metrics = names["sessions"], names["metrics"]
    assert isinstance(sessions, dict)
    assert isinstance(metrics, dict)
    assert 200 < len(sessions) < 400
    assert metrics["messages_sent"] > 0
    assert metrics["success_rate"] == 100
