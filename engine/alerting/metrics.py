"""What a rule can be about: the cells of a slice, and what is computed of them.

Names of derived metrics after GoSight's alert documents; the two error rates are apart, as seed 004's is of an API
(errors / requests) and GoSight's is of sessions (errors / sessions, and may exceed 1).
"""

from typing import Final, Literal, NamedTuple

Dimension = Literal["", "event_type", "path", "route", "element"]

# What the cells of a metric are grouped by, "" = not at all.
DIMENSIONS: Final[dict[str, Dimension]] = {
    "events": "event_type",
    "page_views": "path",
    "clicks": "element",
    "js_errors": "path",
    "requests": "route",
    "request_errors": "route",
    "sessions_started": "",
    "sessions_ended": "",
    "bounces": "",
    "lcp": "path",
    "ttfb": "path",
}
CLICK_ANOMALIES: Final = frozenset({"rage_click", "dead_click", "slow_click", "error_click"})


class Formula(NamedTuple):
    """The sum of `parts`, divided by `whole` if there is one; `is_mean`: the mean of what the part's cells sum up."""

    parts: tuple[str, ...]
    whole: str = ""
    is_mean: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        return (*self.parts, self.whole) if self.whole else self.parts

    @property
    def is_rate(self) -> bool:
        return bool(self.whole)


_DERIVED: Final = {
    "api_error_rate": Formula(("request_errors",), "requests"),
    "js_errors_per_session": Formula(("js_errors",), "sessions_started"),
    "bounce_rate": Formula(("bounces",), "sessions_ended"),
    "rage_click_rate": Formula(("rage_click",), "clicks"),
    "dead_click_rate": Formula(("dead_click",), "clicks"),
    "error_click_rate": Formula(("error_click",), "clicks"),
    "click_trouble_rate": Formula(("rage_click", "dead_click", "error_click"), "clicks"),
    "avg_lcp": Formula(("lcp",), is_mean=True),
    "avg_ttfb": Formula(("ttfb",), is_mean=True),
    "sessions": Formula(("sessions_started",)),
    "rage_clicks": Formula(("rage_click",)),
    "dead_clicks": Formula(("dead_click",)),
    "error_clicks": Formula(("error_click",)),
    "slow_pages": Formula(("slow_page",)),
}
NAMES: Final = (*DIMENSIONS, *_DERIVED)  # beside them each type of anomaly is a metric


def formula_of(metric: str) -> Formula:
    return _DERIVED.get(metric) or Formula((metric,))


def dimension_of(metric: str) -> Dimension:
    """What a metric can be grouped and filtered by: what all of its cells have."""
    found = {_dimension_of_cell(cell) for cell in formula_of(metric).cells}
    return found.pop() if len(found) == 1 else ""


def _dimension_of_cell(metric: str) -> Dimension:
    return DIMENSIONS.get(metric, "element" if metric in CLICK_ANOMALIES else "path")
