"""How much trouble a session had, as one number from 0 to 100, and what it is made of.

Each anomaly has the points of its severity, times the share of its type. Of one type the heaviest counts in full, the
next one half, the next one a quarter: being stuck twice is worse, and not twice as bad. A provisional anomaly counts
half, a withdrawn one nothing. So one more anomaly, a higher severity or a confirmation never lowers the score.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from engine.analysis import Anomaly, AnomalyStatus, Frustration, FrustrationPart, Severity

MAX_SCORE: Final = 100
POINTS: Final[Mapping[Severity, int]] = MappingProxyType({"high": 30, "medium": 15, "low": 6})
# Of the points, in percent; every other type has all of them.
SHARE_PERCENT: Final[Mapping[str, int]] = MappingProxyType(
    {
        "missing_close": 0,  # of the app, not of its user
        "slow_page": 50,  # waiting is not yet frustration
        "rapid_fire": 50,  # often a program
        "repeated_action": 50,  # often a habit
    }
)
_CERTAINTY: Final[Mapping[AnomalyStatus, float]] = MappingProxyType(
    {"confirmed": 1.0, "provisional": 0.5, "withdrawn": 0.0}
)


def frustration_of(anomalies: Iterable[Anomaly]) -> Frustration:
    """`parts`: the types with points, the heaviest first. They add up to the score, as long as that is below 100."""
    weights: dict[str, list[float]] = defaultdict(list)
    for anomaly in anomalies:
        weight = weight_of(anomaly)
        if weight:
            weights[anomaly.type].append(weight)
    parts = [FrustrationPart(kind, len(found), _points(found)) for kind, found in weights.items()]
    parts.sort(key=lambda part: (-part.points, part.type))
    return Frustration(min(sum(part.points for part in parts), MAX_SCORE), parts)


def weight_of(anomaly: Anomaly) -> float:
    """Its points, if it were the only one of its type."""
    share_percent = SHARE_PERCENT.get(anomaly.type, 100)
    return POINTS[anomaly.severity] * share_percent / 100 * _CERTAINTY[anomaly.status]


def _points(weights: list[float]) -> int:
    """At least 1: what is listed counts."""
    weights.sort(reverse=True)
    return max(1, int(sum(weight / 2**place for place, weight in enumerate(weights))))
