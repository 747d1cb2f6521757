"""One run: a server, clients, a nemesis, and at the end the verdict."""

import json
import shutil
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from actors.wiring import system_now_ms
from engine.config import Config, Session
from tests.chaos.analyses import Told, asked, disagreements, listed
from tests.chaos.client import Client
from tests.chaos.faults import Fault
from tests.chaos.journals import JournalWatch
from tests.chaos.ledger import LedgerWatch
from tests.chaos.nemesis import PAUSE_S, Nemesis
from tests.chaos.probe import Probe
from tests.chaos.record import Record
from tests.chaos.rows import Rows, read_rows
from tests.chaos.traffic import Traffic
from tests.chaos.verdict import Verdict, judge
from tests.live.serving import Serving, wait_until

_GIVE_UP_S: Final = 60.0
_STORE_S: Final = 60.0
_DRAIN_S: Final = 60.0
_LIGHT_EVERY: Final = 20  # faults


class Plan(NamedTuple):
    """The faults are done one after the other, until there are no more or so many seconds have passed."""

    seed: str
    faults: Iterable[Fault]
    seconds: float = inf
    clients: int = 4
    visitors: int = 250  # of each client
    events_per_s: float = 300.0
    shards: int = 2
    calm_s: tuple[float, float] = (0.5, 3.0)  # between the recovery and the next fault
    pause_s: float = PAUSE_S
    gap_ms: int = 60_000  # short ones, so that sessions time out, come again and take late events in a short run
    grace_ms: int = 4_000
    late_ms: int = 600_000  # no event of the traffic is older, so that no copy of one falls behind the limit
    sample: int = 1_000

    def config(self) -> Config:
        """A session must not outlive the time in which late events find it, as by default: else what goes on in one
        that ended is too late one day, and a resend of it unknown."""
        return Config(
            session=Session(
                gap_ms=self.gap_ms, grace_ms=self.grace_ms, late_ms=self.late_ms, max_length_ms=self.late_ms
            )
        )


class Result(NamedTuple):
    """`accepting_s`: by fault, seconds until the next ack. `frames`, `ledgers`: how many were looked at."""

    accepting_s: dict[str, list[float]]
    sent: int
    acked: int
    refused: int
    answers: dict[str, int]
    sessions: int
    frames: int
    ledgers: int
    seconds: float
    verdict: Verdict


class Campaign:
    """`run` once. Everything it leaves is in `folder`: data, log of the server, record of the clients."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._record = Record(folder / "record.jsonl")
        settings = folder / "sessiond.toml"
        session = plan.config().session
        limits = {name: getattr(session, name) for name in ("gap_ms", "grace_ms", "late_ms", "max_length_ms")}
        settings.write_text("[session]\n" + "".join(f"{name} = {value}\n" for name, value in limits.items()))
        self._server = Serving(folder / "data", "--config", str(settings), "--shards", str(plan.shards))
        self._journals = JournalWatch(folder / "data")
        self._ledger = LedgerWatch(self._server)
        self._probe = Probe(self._server.port, self._record, "probe")
        self._accepting_s: dict[str, list[float]] = defaultdict(list)
        self._problems: list[str] = []
        self._accepting_ms = 0  # when the last fault was over

    def run(self) -> Result:
        started_s = time.monotonic()
        self._server.start()
        self._journals.start()
        self._ledger.start()
        try:
            with self._clients():
                self._disturb()
            self._drain()
            self._problems += self._ledger.settled(self._server.stored_events())
            analyses = self._analyses()
            assert self._server.stop() == 0, "the server did not end with 0"
        finally:
            self._server.kill_all()
            self._journals.stop()
            self._ledger.stop()
        rows = read_rows(self._folder / "data" / "clickhouse", self._folder)
        verdict = self._judge(rows, analyses)
        self._record.close()
        return Result(
            accepting_s=dict(self._accepting_s),
            sent=len(self._record.sent),
            acked=len(self._record.acked),
            refused=len(self._record.refused),
            answers=dict(self._record.answers),
            sessions=len({(told.view["session_id"], told.view["generation"]) for told in analyses}),
            frames=self._journals.frames,
            ledgers=self._ledger.looks,
            seconds=time.monotonic() - started_s,
            verdict=verdict,
        )

    @contextmanager
    def _clients(self) -> Iterator[None]:
        plan = self._plan
        clients = [self._client(f"{plan.seed}-{number}", plan) for number in range(plan.clients)]
        for client in clients:
            client.start()
        try:
            yield
        finally:
            for client in clients:
                client.stop()
            for client in clients:
                client.join(_GIVE_UP_S)

    def _client(self, name: str, plan: Plan) -> Client:
        traffic = Traffic(
            seed=f"traffic {name}", name=name, visitors=plan.visitors, gap_ms=plan.gap_ms, clock=system_now_ms
        )
        rate = plan.events_per_s / plan.clients
        return Client(port=self._server.port, traffic=traffic, record=self._record, seed=name, events_per_s=rate)

    def _disturb(self) -> None:
        plan, chance = self._plan, Random(self._plan.seed)
        nemesis = Nemesis(self._server, self._probe, pause_s=plan.pause_s)
        deadline_s = time.monotonic() + plan.seconds
        for number, fault in enumerate(plan.faults, 1):
            self._probe.pause(chance.uniform(*plan.calm_s))
            self._record.note("fault", name=fault.name, at=time.time())
            accepting_s = nemesis.strike(fault)
            self._accepting_ms = system_now_ms()
            self._accepting_s[fault.name].append(accepting_s)
            self._record.note("accepting", at=time.time(), after_s=round(accepting_s, 3))
            if time.monotonic() > deadline_s or (number % _LIGHT_EVERY == 0 and not self._is_sound()):
                return

    def _is_sound(self) -> bool:
        """While clients go on: what was acked until now gets into the store, and not more than was sent."""
        acked, _ = self._record.counts()
        self._wait_for_events(acked)
        stored = self._server.stored_events()
        _, sent = self._record.counts()
        return acked <= stored <= sent

    def _wait_for_events(self, acked: int) -> None:
        """Those that are lost never come: which they are is told in the end."""
        with suppress(TimeoutError):
            wait_until(lambda: self._server.stored_events() >= acked, _STORE_S)

    def _drain(self) -> None:
        self._wait_for_events(len(self._record.acked))
        wait_until(self._is_drained, _DRAIN_S, lambda: "the journals do not drain")

    def _analyses(self) -> list[Told]:
        plan, record = self._plan, self._record
        found = [*listed(self._server), *asked(self._server, record.sessions, sample=plan.sample, seed=plan.seed)]
        with (self._folder / "analyses.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(told) + "\n" for told in found)
        return found

    def _is_drained(self) -> bool:
        checks = self._server.get("/health").json["checks"]
        return bool(checks["clickhouse"]["status"] == "ok" and checks["journal"]["lag_frames"] == 0)

    def _judge(self, rows: Rows, analyses: Sequence[Told]) -> Verdict:
        verdict = judge(self._record, rows)
        differing = disagreements(analyses, rows, self._plan.config(), self._accepting_ms)
        problems = [
            *verdict.problems,
            *self._problems,
            *sorted(self._journals.problems | self._ledger.problems),
            *([] if self._journals.frames else ["no frame of a journal was seen"]),
            *differing,
        ]
        return verdict._replace(problems=problems)

    def forget(self) -> None:
        shutil.rmtree(self._folder)
