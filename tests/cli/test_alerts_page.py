"""docs/alerts.md: its rules are rules, its tables are whole, and an alert says what the page says it does."""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cli.settings import load
from engine.alerting.metrics import CLICK_ANOMALIES, NAMES, dimension_of
from engine.alerting.rule import DEFAULT_RULES, AlertRule
from engine.config import Alerts
from tests.engine.alerting.boards import Told, cell

TEXT = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
SENTENCES = re.findall(r"^> (.+)$", TEXT, re.MULTILINE)


def given(block: str, folder: Path) -> Alerts:
    file = folder / "sessiond.toml"
    file.write_text(block, encoding="utf-8")
    return load(file, {}, {}).config.alerts


def rule(name: str, folder: Path) -> AlertRule:
    [found] = [one for block in BLOCKS for one in given(block, folder).rules if one.name == name and name in block]
    return found


def table(head: str) -> list[list[str]]:
    """The cells of the rows below this head."""
    _, _, rest = TEXT.partition(head + "\n")
    rows = rest.partition("\n\n")[0].splitlines()[1:]
    return [[part.strip() for part in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[1])
def test_every_example_is_a_configuration(block: str, tmp_path: Path) -> None:
    assert given(block, tmp_path) != Alerts() or "api_error_rate" in block


def test_the_rules_that_are_there_without_being_written_are_shown(tmp_path: Path) -> None:
    assert given(BLOCKS[0], tmp_path).rules == DEFAULT_RULES


def test_every_field_of_a_rule_is_told_with_its_default() -> None:
    fields = msgspec.structs.asdict(AlertRule("any"))
    shown = {name.strip("`"): default.strip("`") for name, default, _ in table("| field | default | what it says |")}
    assert list(shown) == list(fields)
    for name, default in fields.items():
        assert shown[name] == ("" if name == "name" else msgspec.json.encode(default).decode()), name


def test_every_metric_is_told_with_what_it_is_grouped_by() -> None:
    rows = table("| metric | what it is | grouped and filtered by |")
    shown = {name: by.strip("`") for names, _, by in rows for name in re.findall(r"`(\w+)`", names)}
    assert shown == {name: dimension_of(name) for name in NAMES}
    assert {name.removesuffix("s") for name in shown} >= CLICK_ANOMALIES - {"slow_click"}


# -- what they say ------------------------------------------------------------------------------------------------


def slow_checkout(told: Told) -> None:
    told.feed(cell("lcp", "/checkout/pay", 20, total=90_000.0), cell("lcp", "/home", 30, total=900_000.0))
    told.advance(told.at)


def no_orders(told: Told) -> None:
    told.minutes(20, [cell("events", "order"), cell("events", "click", 50)])
    told.minutes(20, [cell("events", "click", 50)])


def surge(told: Told) -> None:
    told.minutes(4 * 60, [cell("events", "order", 10)])
    told.feed(cell("events", "order", 200))
    told.advance(told.at)


def outage(told: Told) -> None:
    for _ in range(12):
        told.minutes(1, [cell("clicks", "#pay", 10), cell("dead_click", "#pay", 1, sessions=[1])])
        told.minutes(9, [cell("clicks", "#pay", 10)])
    for minute, wrong in enumerate((10, 9, 9, 9)):
        sessions = list(range(100 * minute, 100 * minute + wrong))
        told.minutes(1, [cell("clicks", "#pay", 10), cell("dead_click", "#pay", wrong, sessions=sessions)])


@pytest.mark.parametrize(
    ("name", "happens", "said"),
    [
        ("slow checkout", slow_checkout, SENTENCES[0]),
        ("no orders", no_orders, SENTENCES[1]),
        ("event_surge", surge, SENTENCES[2]),
        ("element_outage", outage, SENTENCES[3]),
    ],
)
def test_an_alert_says_what_the_page_says(
    name: str, happens: Callable[[Told], None], said: str, tmp_path: Path
) -> None:
    told = Told(rule(name, tmp_path))
    happens(told)
    assert said in [alert.text for alert in told.said], [alert.text for alert in told.said]
    assert {alert.state for alert in told.said} == {"firing"}
