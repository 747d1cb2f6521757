"""The producer of seed 002: messages one by one, or a run that sends them when they are due."""

import json
import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from secrets import randbelow
from typing import Any, Final

from simulator.errors import SimulatorError
from simulator.journey import Journey
from simulator.message import Message
from simulator.pace import Pace
from simulator.scenario import Scenario
from simulator.session import Session
from simulator.simulation import Simulation
from simulator.sink import Sink, SinkGone
from simulator.tables import DEFAULT_RATE_PER_HOUR, DEFAULT_SESSION_RANGE_S
from simulator.truth import Tell

REPORT_S: Final = 300.0
LATE_S: Final = 5.0
MAX_ACTIVE: Final = 10_000

_log = logging.getLogger(__name__)


class UserBehaviorProducer:
    """`scenario` says more about the traffic than the two figures before it, and then stands for them.
    Without a `sink`, `run_continuous` sends to Kafka, to `topic` at `bootstrap_servers`. `clock` gives Unix seconds,
    `sleep` takes seconds."""

    def __init__(
        self,
        bootstrap_servers: str = "localhost:9092",
        topic: str = "user-events",
        generation_rate: float = DEFAULT_RATE_PER_HOUR,
        session_duration_range: tuple[float, float] = DEFAULT_SESSION_RANGE_S,
        *,
        scenario: Scenario | None = None,
        sink: Sink | None = None,
        tell: Tell | None = None,
        speed: float = 1.0,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Raises SimulatorError when the figures cannot be. `generation_rate` in events per hour, the range in s."""
        self.bootstrap_servers = bootstrap_servers
        self.topic = topic
        self._scenario = scenario or Scenario(
            seed=randbelow(2**32),
            start_ms=int(clock() * 1000),
            rate_per_hour=generation_rate,
            session_range_s=session_duration_range,
        )
        self._journey = Journey()
        self._simulation = Simulation(self._scenario, self._journey, tell)
        self._sink = sink
        self._pace = Pace(speed, clock=clock, sleep=sleep)
        self._is_stopping = False
        self._sent = self._failed = self._bytes = 0
        self._clock = clock
        self._reported_s = clock()

    @property
    def journey_transitions(self) -> dict[str, dict[str, float]]:
        """What follows what, type -> next type -> weight. Changes hold from the next event on."""
        return self._journey.transitions

    @property
    def active_sessions(self) -> dict[str, Session]:
        """Who is here, by session id. To look at, not to change."""
        return self._simulation.crowd.active

    @property
    def sessions_started(self) -> int:
        return self._simulation.sessions

    @property
    def now_ms(self) -> int:
        """The simulated time: that of the last message."""
        return self._simulation.now_ms

    def generate_message(self) -> dict[str, Any]:
        """The next message, at once: it carries the simulated time and is counted nowhere. Raises SimulatorError
        when the scenario is over."""
        message = self._simulation.next()
        if message is None:
            text = "There are no more events: the scenario is over."
            raise SimulatorError(text)
        document: dict[str, Any] = json.loads(message.text)
        return document

    def run_continuous(self, duration_seconds: float | None = None) -> dict[str, Any]:
        """Send every message when it is due, until the scenario, the duration (in simulated seconds) or `stop` ends
        it; then end the sessions that are left. Returns the metrics. Raises SimulatorError when the sink fails."""
        if duration_seconds is not None:
            self._simulation.end_at(self._simulation.now_ms + duration_seconds * 1000)
        with self._opened_sink() as sink:
            try:
                self._run(sink)
            except SinkGone as gone:
                _log.info("stopped early: %s", gone)
        return self.get_metrics()

    def _run(self, sink: Sink) -> None:
        batch: list[Message] = []
        for message in self._simulation:
            self._wait_for(message, batch, sink)
            batch.append(message)
            if len(batch) >= sink.batch_size:
                self._send(batch, sink)
        self._send(batch, sink)

    def stop(self) -> None:
        """From a signal handler or another thread: `run_continuous` ends within half a second, gracefully."""
        self._is_stopping = True

    def get_metrics(self) -> dict[str, Any]:
        """`success_rate` in percent; 100 when nothing was sent yet."""
        total = self._sent + self._failed
        return {
            "messages_sent": self._sent,
            "messages_failed": self._failed,
            "bytes_sent": self._bytes,
            "success_rate": 100 * self._sent / total if total else 100.0,
            "active_sessions": len(self.active_sessions),
        }

    def _opened_sink(self) -> AbstractContextManager[Sink]:
        """What was given stays open for who gave it."""
        if self._sink is not None:
            return nullcontext(self._sink)
        from simulator.kafka_sink import KafkaSink  # takes its time to import, and mostly nobody asks for it

        return closing(KafkaSink(self.bootstrap_servers, self.topic))

    def _wait_for(self, message: Message, batch: list[Message], sink: Sink) -> None:
        """What is in the batch goes before anybody waits. Who stops does not wait any more."""
        while not self._is_stopping and (wait_s := self._pace.wait_s(message.at_ms)) > 0:
            self._send(batch, sink)
            self._pace.nap(wait_s)
        if self._is_stopping:
            self._simulation.close()

    def _send(self, batch: list[Message], sink: Sink) -> None:
        if not batch:
            return
        sent = sink.send(batch)
        self._sent += sent.taken
        self._failed += sent.lost
        self._bytes += sent.size_bytes
        _log.debug("%s sent, %s lost, %s sessions active", sent.taken, sent.lost, len(self.active_sessions))
        now_s = self._clock()
        if now_s - self._reported_s >= REPORT_S:
            self._report(batch[-1].at_ms, now_s)
        batch.clear()

    def _report(self, at_ms: int, now_s: float) -> None:
        self._reported_s = now_s
        active = len(self.active_sessions)
        _log.info("%s events sent, %s failed, %s sessions active", self._sent, self._failed, active)
        if active > MAX_ACTIVE:
            _log.warning("%s sessions are active: shorter ones or a lower rate take less memory", active)
        if (late_s := -self._pace.wait_s(at_ms)) > LATE_S:
            _log.warning("%.0f s behind: take a lower rate, or a sink with larger batches", late_s)
