"""One run: a server, clients, a nemesis, and at the end the verdict."""

import http.client
import json
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Final

from actors.wiring import system_now_ms
from tests.chaos.analyses import Told, asked, disagreements, listed
from tests.chaos.changer import Changer
from tests.chaos.client import Client
from tests.chaos.counting import alert_faults, differing_counts, expected_counts
from tests.chaos.journals import JournalWatch
from tests.chaos.ledger import PATH as LEDGER
from tests.chaos.ledger import LedgerWatch
from tests.chaos.monitor import PROBES, MonitorWatch
from tests.chaos.nemesis import Nemesis
from tests.chaos.plan import Plan, Result
from tests.chaos.probe import Probe
from tests.chaos.record import Record
from tests.chaos.rows import Rows, read_rows
from tests.chaos.ruling import in_force, ruling_faults, settled
from tests.chaos.traffic import Traffic
from tests.chaos.verdict import Verdict, judge, told
from tests.live.serving import Serving, wait_until

_GIVE_UP_S: Final = 60.0
_STORE_S: Final = 60.0
_DRAIN_S: Final = 60.0
_COUNT_S: Final = 30.0
_RULES_S: Final = 10.0  # a shard that was away gets them with a tick, and tells with another
_ALERT_S: Final = 120.0
_LIGHT_EVERY: Final = 20  # faults


class Campaign:
    """`run` once. Everything it leaves is in `folder`: data, log of the server, record of the clients."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._record = Record(folder / "record.jsonl")
        settings = folder / "sessiond.toml"
        settings.write_text(plan.settings())
        self._server = Serving(folder / "data", "--config", str(settings), "--shards", str(plan.shards))
        self._journals = JournalWatch(folder / "data")
        self._ledger = LedgerWatch(self._server)
        self._probe = Probe(self._server.port, self._record, "probe")
        self._monitor = MonitorWatch(folder / "data")
        self._changer = Changer(self._server, self._record, f"rules {plan.seed}")
        self._accepting_s: dict[str, list[float]] = defaultdict(list)
        self._alerting_s: dict[str, list[float]] = defaultdict(list)
        self._problems: list[str] = []
        self._accepting_ms = 0  # when the last fault was over

    def run(self) -> Result:
        started_s = time.monotonic()
        self._server.start()
        watches: list[JournalWatch | LedgerWatch | MonitorWatch] = [self._journals, self._ledger, self._monitor]
        for watch in watches:
            watch.start()
        try:
            with self._clients():
                self._disturb()
            self._drain()
            self._problems += self._ledger.settled(self._server.stored_events())
            self._settle()
            analyses = self._analyses()
            assert self._server.stop() == 0, "the server did not end with 0"
        finally:
            self._server.kill_all()
            for watch in watches:
                watch.stop()
        rows = read_rows(self._folder / "data" / "clickhouse", self._folder)
        verdict = self._judge(rows, analyses)
        self._record.close()
        return Result(
            accepting_s=dict(self._accepting_s),
            alerting_s=dict(self._alerting_s),
            sent=len(self._record.sent),
            acked=len(self._record.acked),
            refused=len(self._record.refused),
            answers=dict(self._record.answers),
            sessions=len({(told.view["session_id"], told.view["generation"]) for told in analyses}),
            frames=self._journals.frames,
            ledgers=self._ledger.looks,
            counted=self._monitor.events(),
            alerts=len(self._monitor.alerts),
            rule_changes=(self._changer.acked, len(self._changer.unsure)),
            seconds=time.monotonic() - started_s,
            verdict=verdict,
        )

    @contextmanager
    def _clients(self) -> Iterator[None]:
        plan = self._plan
        clients = [self._client(f"{plan.seed}-{number}", plan) for number in range(plan.clients)]
        everybody: list[Client | Changer] = [*clients, self._changer]
        for client in everybody:
            client.start()
        try:
            yield
        finally:
            for client in everybody:
                client.stop()
            self._changer.join()
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
            struck_s = time.monotonic()
            accepting_s = nemesis.strike(fault)
            self._accepting_ms = system_now_ms()
            self._accepting_s[fault.name].append(accepting_s)
            self._record.note("accepting", at=time.time(), after_s=round(accepting_s, 3))
            if fault.alerts:
                self._alerting_s[fault.name].append(self._until_alerted(nemesis.probed) - struck_s)
            if time.monotonic() > deadline_s or (number % _LIGHT_EVERY == 0 and not self._is_sound()):
                return

    def _until_alerted(self, event_type: str) -> float:
        """When an event of that type was in an alert, on the clock of the process."""
        params = {"rule": PROBES.name, "state": "firing"}

        def is_there() -> bool:
            with suppress(OSError, http.client.HTTPException):
                answer = self._server.get("/api/v1/alerts", params=params)
                return answer.status == 200 and any(one["group"] == event_type for one in answer.json["items"])
            return False

        wait_until(is_there, _ALERT_S, lambda: f"there is no alert about {event_type}")
        return time.monotonic()

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

    def _settle(self) -> None:
        """The monitor has counted everything, and what it reported is stored; the rules are read once more. What does
        not come in time is told in the end."""
        total = self._server.get(LEDGER).json["total"]

        def is_counted() -> bool:
            self._monitor.look()
            return self._monitor.events() >= total["accepted"] + total["late"] and not self._monitor.unstored()

        with suppress(TimeoutError):
            wait_until(is_counted, _COUNT_S)
        if not self._changer.read():
            self._problems.append("there is no answer about the rules")
        with suppress(TimeoutError):
            wait_until(lambda: not [*self._rule_faults()], _RULES_S)
        self._problems += self._rule_faults()

    def _rule_faults(self) -> Iterator[str]:
        return settled(self._changer, in_force(self._server), self._plan.shards)

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
        config, books = self._plan.config(), self._journals.books
        differing = disagreements(analyses, rows, config, self._accepting_ms, books)
        counted = differing_counts(self._monitor.counted(), expected_counts(rows.events, config.session))
        alerts = [*alert_faults(self._probe.acked, self._monitor.alerts, rows.alerts)]
        rulings = [*ruling_faults(self._changer, books.all(), rows.anomalies)]
        is_blind = self._journals.unseen > 0 and bool(differing or rulings)
        problems = [
            *verdict.problems,
            *self._problems,
            *sorted(self._journals.problems | self._ledger.problems),
            *([] if self._journals.frames else ["no frame of a journal was seen"]),
            *([f"{self._journals.unseen} frames, maybe of rules, were deleted unseen"] if is_blind else []),
            *told("counts of the monitor are not those of the rows", counted),
            *told("alerts are wrong", alerts),
            *told("rules are wrong", rulings),
            *differing,
        ]
        return verdict._replace(problems=problems)

    def forget(self) -> None:
        shutil.rmtree(self._folder)
