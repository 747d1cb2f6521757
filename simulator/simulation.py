"""The shop's day: one event after another in the order of simulated time. No clock, no waiting; `random` is one seed.

Two things happen. The tempo calls for the next event, of somebody who is here or of somebody who comes in. And what
was laid down falls due: a step of a plan, the end of a session. Whatever falls due takes a turn of the tempo, so that
the rate is that of all events.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from random import Random
from typing import Final

from simulator.actions import action
from simulator.arrivals import Arrivals
from simulator.budget import Budget
from simulator.clockwork import Tempo, iso
from simulator.crowd import Crowd
from simulator.journey import LOGOUT, Journey
from simulator.message import Message, Writer
from simulator.plan import QUIET_MS, Plan
from simulator.scenario import Scenario
from simulator.session import Session
from simulator.texts import NO_DATA
from simulator.troubles import MISSING_CLOSE
from simulator.truth import Fact, Tell
from simulator.witness import WITNESSED, Witness

SESSION_END: Final = "session_end"
_NEVER: Final = float("inf")
_GOODBYE_MS: Final = 4_000  # from logging out, or from closing time, to the end: at most so long


class Simulation:
    """`next` gives messages until the scenario is over, then None. `close` ends it early: who is here leaves soon.
    `tell` hears what the truth is; without it nobody keeps account of it."""

    def __init__(self, scenario: Scenario, journey: Journey, tell: Tell | None = None) -> None:
        self._random = random = Random(scenario.seed).random
        self._journey = journey
        self._tell = tell
        self._witness = Witness(tell) if tell else None
        self._budget = Budget(scenario.events, scenario.sessions, scenario.reuse)
        self._tempo = Tempo(scenario.rate_per_hour, scenario.zone)
        self._arrivals = Arrivals(scenario, random)
        self._write = Writer(random).write
        self._agenda: list[tuple[float, int, Session]] = []
        self._entries = 0
        self._next_ms: float = scenario.start_ms
        self._ends_ms = _NEVER if scenario.duration_ms is None else scenario.start_ms + scenario.duration_ms
        self.crowd = Crowd(random)
        self.now_ms = scenario.start_ms
        self.sessions = 0  # so far

    def __iter__(self) -> Iterator[Message]:
        while (message := self.next()) is not None:
            yield message

    def next(self) -> Message | None:
        while True:
            due_ms = self._agenda[0][0] if self._agenda else _NEVER
            if self._next_ms <= due_ms:
                if self._next_ms == _NEVER:
                    return None
                message = self._called_for(self._next_ms)
            else:
                message = self._fallen_due()
            if message is not None:
                self.now_ms = message.at_ms
                return message

    def end_at(self, at_ms: float) -> None:
        """Not later than the scenario says."""
        self._ends_ms = min(self._ends_ms, at_ms)

    def close(self) -> None:
        """Nobody comes in any more, plans come to their end, and everybody leaves."""
        if self._is_closed:
            return
        self._next_ms = _NEVER
        for session in self.crowd.idle():
            self._put(session, self.now_ms + self._random() * _GOODBYE_MS)

    @property
    def _is_closed(self) -> bool:
        return self._next_ms == _NEVER

    def _called_for(self, at_ms: float) -> Message | None:
        if at_ms >= self._ends_ms or self._is_over():
            self.close()
            return None
        self._next_ms = at_ms + self._tempo.pause_ms(at_ms, self._random())
        is_anybody_idle = self.crowd.is_anybody_idle()
        if self._budget.can_open() and (not is_anybody_idle or self._random() < self._budget.new_share()):
            return self._opened(int(at_ms))
        return self._continued(self.crowd.somebody(at_ms), int(at_ms)) if is_anybody_idle else None

    def _is_over(self) -> bool:
        return self._budget.is_spent or not (self.crowd.active or self._budget.can_open())

    def _fallen_due(self) -> Message | None:
        at_ms, _, session = heappop(self._agenda)
        if at_ms != session.due_ms:
            return None  # it was put elsewhere meanwhile
        message = self._acted(session, at_ms)
        if message is not None and not self._is_closed:
            self._next_ms += self._tempo.pause_ms(at_ms, self._random())
        return message

    def _acted(self, session: Session, due_ms: float) -> Message | None:
        """What a session does whose time has come."""
        at_ms = int(due_ms)
        plan = session.plan
        if plan is not None and session.step < len(plan.steps):
            return self._step(session, plan, at_ms)
        if plan is not None:
            self._end_plan(session, plan)
        if session.is_leaving or self._is_closed:
            return self._left(session, at_ms)
        if due_ms < session.quiet_until_ms:
            self._put(session, session.quiet_until_ms)
            return None
        if not self._must_stay():
            return self._left(session, at_ms)
        session.ends_ms = _NEVER
        message = self._continued(session, at_ms)
        self._put(session, session.quiet_until_ms)
        return message

    def _must_stay(self) -> bool:
        return len(self.crowd.active) == 1 and self._budget.needs_the_last()

    def _opened(self, at_ms: int) -> Message:
        session = self._arrivals.session(at_ms)
        self.crowd.add(session)
        self.sessions += 1
        message = self._event(session, self._journey.next_but_logout("", self._random), at_ms)
        plan = self._arrivals.plan(session)
        if plan is None or not self._budget.can_plan(len(plan.steps)):
            plan = None
        session.is_left_open = plan is not None and plan.kind == MISSING_CLOSE
        self._budget.open(1 + (len(plan.steps) if plan else 0) + (not session.is_left_open))
        if plan is not None and plan.steps:
            session.plan = plan
            self._put(session, at_ms + plan.steps[0].after_ms)
        else:
            self.crowd.release(session)
            self._put(session, session.quiet_until_ms)
        return message

    def _continued(self, session: Session, at_ms: int) -> Message:
        """By the journey, another event of a session that is here."""
        self._budget.spend()
        if self._budget.may_log_out(session.count + 1) and not self._must_stay():
            event_type = self._journey.next(session.last_type, self._random())
        else:
            event_type = self._journey.next_but_logout(session.last_type, self._random)
        message = self._event(session, event_type, at_ms)
        if event_type == LOGOUT:
            self.crowd.remove(session)
            session.is_leaving = True
            self._put(session, at_ms + self._random() * _GOODBYE_MS)
        return message

    def _event(self, session: Session, event_type: str, at_ms: int) -> Message:
        page, data = action(event_type)(session, at_ms, self._random)
        session.last_type = event_type
        return self._written(session, event_type, page, data, at_ms)

    def _written(self, session: Session, event_type: str, page: str, data: str, at_ms: int) -> Message:
        message = self._write(session, event_type, page, data, at_ms)
        session.here = page
        session.last_ms = at_ms
        if self._witness is not None:
            self._witness.see(session, message.event_id, event_type, at_ms)
        return message

    def _step(self, session: Session, plan: Plan, at_ms: int) -> Message:
        step = plan.steps[session.step]
        message = self._written(session, step.event_type, step.page or session.here, step.data, at_ms)
        if step.is_evidence:
            session.evidence = (*session.evidence, message.event_id)
            session.evidence_ms = session.evidence_ms or at_ms
        session.step += 1
        is_last = session.step == len(plan.steps)
        self._put(session, at_ms + (QUIET_MS if is_last else plan.steps[session.step].after_ms))
        return message

    def _end_plan(self, session: Session, plan: Plan) -> None:
        if self._tell is not None and plan.kind and plan.kind not in WITNESSED:
            started_at = iso(session.evidence_ms)
            self._tell(Fact(session.session_id, plan.kind, started_at, session.evidence, plan.details))
        session.plan, session.evidence = None, ()
        if plan.ends_page >= 0:
            session.page = plan.ends_page
        session.is_leaving = plan.leaves and not self._must_stay()
        if not session.is_leaving:
            self.crowd.release(session)

    def _left(self, session: Session, at_ms: int) -> Message | None:
        if session.session_id in self.crowd.active:
            self.crowd.remove(session)
        message = None
        if not session.is_left_open:
            message = self._written(session, SESSION_END, session.here, NO_DATA, at_ms)
        elif self._tell is not None:
            self._tell(Fact(session.session_id, MISSING_CLOSE, iso(int(session.last_ms)), (), {}))
        if self._witness is not None:
            self._witness.part(session)
        self._arrivals.people.depart(session.person, at_ms)
        return message

    def _put(self, session: Session, due_ms: float) -> None:
        self._entries += 1
        session.due_ms = due_ms
        heappush(self._agenda, (due_ms, self._entries, session))
