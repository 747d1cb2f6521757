"""What kind of traffic is wanted: everything that, with the seed of the dice, decides every byte."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Final

import msgspec

from simulator.budget import check_budget
from simulator.errors import SimulatorError
from simulator.tables import DEFAULT_RATE_PER_HOUR, DEFAULT_REUSE, DEFAULT_SESSION_RANGE_S
from simulator.troubles import ORDINARY, PLANNERS, TROUBLES

_DAY_MS: Final = 86_400_000


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """`start_ms` and `duration_ms` in simulated time; None = without end. `troubles`: kind -> share of the sessions.
    `zone`: whose hours are business hours; None = the rate is the same at every hour."""

    seed: int
    start_ms: int
    rate_per_hour: float = DEFAULT_RATE_PER_HOUR
    session_range_s: tuple[float, float] = DEFAULT_SESSION_RANGE_S
    reuse: float = DEFAULT_REUSE
    duration_ms: float | None = None
    events: int | None = None
    sessions: int | None = None
    troubles: Mapping[str, float] = {}
    zone: tzinfo | None = UTC

    def __post_init__(self) -> None:
        """Raises SimulatorError."""
        check_budget(self.events, self.sessions, self.reuse)
        _check_rate(self.rate_per_hour)
        _check_range(*self.session_range_s)
        _check_troubles(self.troubles)


def all_troubles(share: float) -> dict[str, float]:
    """Every kind alike, `share` in all, and as many sessions in which only pointers move and forms are sent."""
    return {**dict.fromkeys(TROUBLES, share / len(TROUBLES)), ORDINARY: min(share, 1 - share)}


def _check_rate(rate_per_hour: float) -> None:
    if not 0 < rate_per_hour < float("inf"):
        message = f"`rate` is {rate_per_hour:g} events per hour; allowed is a number above 0."
        raise SimulatorError(message)


def _check_range(shortest_s: float, longest_s: float) -> None:
    if not 0 < shortest_s < longest_s <= _DAY_MS / 1000:
        message = (
            f"`min_session_duration` is {shortest_s:g} s and `max_session_duration` {longest_s:g} s; "
            "the first must be above 0 and below the second, the second at most 86400."
        )
        raise SimulatorError(message)


def _check_troubles(troubles: Mapping[str, float]) -> None:
    for kind, share in troubles.items():
        if kind not in PLANNERS:
            message = f"`trouble` names {kind!r}; allowed are {', '.join(PLANNERS)}."
            raise SimulatorError(message)
        if not 0 <= share <= 1:
            message = f"`trouble` gives {kind} the share {share:g}; allowed is 0 to 1."
            raise SimulatorError(message)
    if sum(troubles.values()) > 1 + 1e-9:
        message = f"The shares of `trouble` add up to {sum(troubles.values()):g}; at most 1 is allowed."
        raise SimulatorError(message)
