"""A rule over counts, as the configuration holds it."""

from typing import Annotated, Final, Literal

import msgspec

from engine.alerting.metrics import Dimension, Formula, formula_of
from engine.analysis import Severity
from engine.rules import NotNegative, Positive

Window = Literal["1m", "5m", "15m", "1h"]
Operator = Literal[">", "<", ">=", "<=", "=="]

WINDOW_MINUTES: Final[dict[Window, int]] = {"1m": 1, "5m": 5, "15m": 15, "1h": 60}

_Short = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
_NotBelowZero = Annotated[float, msgspec.Meta(ge=0)]


class AlertRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`kind`:

    - `threshold`: fires while `metric` over the window is `operator` `value`;
    - `surge`: while it is above `factor` times what is normal at this hour of the week, and `deviations` robust
      deviations above it;
    - `outage`: while a rate of clicks is above `factor` times what is normal for this element, is at least `value`,
      and concerns `min_sessions` sessions;
    - `absence`: while it stays below `value`, for a group that was seen before.

    `group_by`: each group by itself. `filters`: only groups like this; `*` stands for any characters. `min_volume`: of
    requests, clicks, sessions or whatever is counted, in the window; with fewer it does not fire. `channels`: by name;
    none = all of them.
    """

    name: _Short
    kind: Literal["threshold", "surge", "outage", "absence"] = "threshold"
    metric: _Short = "events"
    operator: Operator = ">"
    value: float = 0.0
    window: Window = "5m"
    group_by: Dimension = ""
    filters: Annotated[dict[str, str], msgspec.Meta(max_length=10)] = {}
    min_volume: NotNegative = 0
    min_sessions: Positive = 5
    factor: Annotated[float, msgspec.Meta(ge=1)] = 3.0
    deviations: _NotBelowZero = 6.0
    cooldown_ms: NotNegative = 900_000  # after it was resolved
    channels: tuple[str, ...] = ()
    severity: Severity = "medium"

    @property
    def minutes(self) -> int:
        return WINDOW_MINUTES[self.window]

    @property
    def formula(self) -> Formula:
        return formula_of(self.metric)

    @property
    def is_below(self) -> bool:
        """It is about too little, so that only whole windows count."""
        return self.kind == "absence" or (self.kind == "threshold" and self.operator not in (">", ">="))

    @property
    def learns(self) -> str:
        """Names what is normal for it, which does not depend on its thresholds; "" = it does not learn."""
        if self.kind not in ("surge", "outage"):
            return ""
        wanted = [f"{name}={value}" for name, value in sorted(self.filters.items())]
        return " ".join((self.kind, self.metric, self.window, self.group_by, *wanted))


DEFAULT_RULES: Final = (
    AlertRule(
        name="api_error_rate",
        metric="api_error_rate",
        value=0.05,
        group_by="route",
        min_volume=50,
        severity="high",
    ),
    AlertRule(name="js_errors_per_session", metric="js_errors_per_session", value=1.0, window="15m", min_volume=50),
    AlertRule(name="event_surge", kind="surge", group_by="event_type", min_volume=100),
    AlertRule(
        name="element_outage",
        kind="outage",
        metric="click_trouble_rate",
        value=0.1,
        group_by="element",
        min_volume=20,
        severity="high",
    ),
)
