"""How much is still to be made: events, sessions, both or neither bounded. What is begun is paid for at once."""

from typing import Final

from simulator.errors import SimulatorError

_UNBOUNDED: Final = float("inf")


class Budget:
    """Of bounds that were checked. A session costs its event, its end and its plan when it opens; another event of it
    costs one."""

    def __init__(self, events: int | None, sessions: int | None, reuse: float) -> None:
        self.free: float = _UNBOUNDED if events is None else events
        self.sessions: float = _UNBOUNDED if sessions is None else sessions
        self._new_share = 1 - reuse
        self._is_derived = events is not None and sessions is not None
        self._mean_events = events / sessions if events and sessions else 0.0

    @property
    def is_spent(self) -> bool:
        return self.free <= 0

    def new_share(self) -> float:
        """The chance that the next event opens a session. With both bounds it is such that both are met exactly."""
        if not self._is_derived:
            return self._new_share if self.sessions > 0 else 0.0
        rest = self.free - self.sessions  # the ends of the sessions to come are no choice
        return self.sessions / rest if rest > self.sessions else 1.0

    def can_open(self) -> bool:
        return self.sessions > 0 and self.free >= 2

    def can_plan(self, steps: int) -> bool:
        """Whether a session that opens now may have a plan, and every session to come still its two events."""
        later = self.sessions if self._is_derived else 1
        return self.free - steps >= 2 * later

    def open(self, cost: int) -> None:
        self.sessions -= 1
        self.free -= cost

    def spend(self) -> None:
        self.free -= 1

    def needs_the_last(self) -> bool:
        """Whether the only session that is here must stay, because no other can make what is left."""
        return 0 < self.free < _UNBOUNDED and not self.can_open()

    def may_log_out(self, count: int) -> bool:
        """With both bounds sessions are as long as asked for, not as long as the journey makes them."""
        return not self._is_derived or count >= self._mean_events


def check_budget(events: int | None, sessions: int | None, reuse: float) -> None:
    """Raises SimulatorError when no traffic can meet the bounds."""
    if not 0 <= reuse < 1:
        message = f"`reuse` is {reuse:g}; allowed is 0 up to, but not including, 1."
        raise SimulatorError(message)
    if events is not None and events < 2:
        message = f"`events` is {events}; allowed is at least 2, an event and the end of its session."
        raise SimulatorError(message)
    if sessions is not None and sessions < 1:
        message = f"`sessions` is {sessions}; allowed is at least 1."
        raise SimulatorError(message)
    if events is not None and sessions is not None and events < 2 * sessions:
        message = (
            f"`events` is {events} and `sessions` {sessions}; each session has at least two events, "
            f"so at most {events // 2} sessions are allowed."
        )
        raise SimulatorError(message)
