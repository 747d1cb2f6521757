"""Asks for the delivery ledger while everything is being killed: its sums must hold at every moment."""

import http.client
import threading
from collections.abc import Iterator
from typing import Any, Final

from tests.live.serving import Serving

PATH: Final = "/api/v1/ledger"
_EVERY_S: Final = 0.5
_TIMEOUT_S: Final = 6.0


class LedgerWatch:
    """A thread. `looks`: how often there was an answer."""

    def __init__(self, server: Serving) -> None:
        self._server = server
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ledger")
        self.looks = 0
        self.problems: set[str] = set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY_S):
            if (found := self._ask(PATH)) is not None:
                self.looks += 1
                self.problems.update(faults(found))

    def _ask(self, path: str) -> dict[str, Any] | None:
        """None: it is away, or restarts."""
        try:
            answer = self._server.get(path, timeout_s=_TIMEOUT_S)
        except (OSError, http.client.HTTPException):
            return None
        found: dict[str, Any] | None = answer.json if answer.status == 200 else None
        return found

    def settled(self, stored: int) -> Iterator[str]:
        """What is wrong when the clients are silent and everything is stored. `stored`: events in the store."""
        found, audit = self._ask(PATH), self._ask(f"{PATH}/audit")
        if not self.looks or found is None:
            yield f"the ledger does not answer; it did {self.looks} times before"
            return
        total = found["total"]
        yield from faults(found)
        if (kept := total["accepted"] + total["late"] + total["unfolded"]) != stored:
            yield f"the ledger has {kept} events for the store, which holds {stored}"
        yield from (f"{sink['pending']} events are pending in {sink}" for sink in total["sinks"] if sink["pending"])
        if audit is None or not audit["is_sound"]:
            yield f"the audit is not sound: {audit}"


def faults(ledger: dict[str, Any]) -> Iterator[str]:
    """The sums that do not hold: of everything, of each project and of each shard."""
    for part in (ledger["total"], *ledger["projects"], *ledger["shards"]):
        name = f"project {part['project_id']}" if "project_id" in part else f"shard {part.get('shard', 's all')}"
        kept = part["accepted"] + part["late"] + part["unfolded"]
        if part["received"] != kept + part["duplicate"] + part["rejected"]:
            yield f"{name}: {part['received']} received is not the sum of {part}"
        for sink in part["sinks"]:
            if sink["pending"] < 0 or sink["stored"] + sink["refused"] + sink["pending"] != kept:
                yield f"{name}: {kept} events for the store are not the sum of {sink}"
