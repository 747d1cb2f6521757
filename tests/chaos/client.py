"""A client that behaves as real ones do: what was not acknowledged is sent again, the same events, until it is."""

import gzip
import http.client
import json
import threading
import time
from collections.abc import Sequence
from random import Random
from typing import Any, Final

import msgspec

from tests.chaos.record import Record, Sent
from tests.chaos.traffic import Traffic

PATH: Final = "/api/v1/events"
_TIMEOUT_S: Final = 10.0
_PAUSE_S: Final = 0.2  # before the same events again
_WAIT: Final = (429, 503)

Answer = tuple[int, dict[str, Any]]


class Client:
    """One thread with one connection. `stop` lets it finish what is under way: it must be answered by `give_up_s`
    after that."""

    def __init__(self, *, port: int, traffic: Traffic, record: Record, seed: str, events_per_s: float) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
        self._traffic = traffic
        self._record = record
        self._chance = Random(seed)
        self._events_per_s = events_per_s
        self._stopping = threading.Event()
        self._giving_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"client {seed}")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def join(self, give_up_s: float) -> None:
        self._thread.join(give_up_s)
        self._giving_up.set()
        self._thread.join()

    def _run(self) -> None:
        due_s = time.monotonic()
        while not self._stopping.is_set():
            batch = self._traffic.batch()
            self._record.sending(batch)
            if self._send_until_answered(batch):
                self._traffic.acked(batch)
            # A server that was away is not flooded with what was missed.
            due_s = max(due_s + len(batch) / self._events_per_s, time.monotonic())
            self._stopping.wait(due_s - time.monotonic())
        self._connection.close()

    def _send_until_answered(self, batch: Sequence[Sent]) -> bool:
        body, headers = self._encoded([one.event for one in batch])
        attempts = 0
        while not self._giving_up.is_set():
            attempts += 1
            answer = self._send(body, headers)
            if answer is None or answer[0] in _WAIT:
                self._giving_up.wait(_PAUSE_S)
                continue
            if complaint := complaint_about(answer, batch, is_first=attempts == 1):
                self._record.surprise(f"{complaint} batch: {[one.id for one in batch]}")
                return False
            self._record.answered(batch)
            return True
        return False

    def _encoded(self, events: list[dict[str, Any]]) -> tuple[bytes, dict[str, str]]:
        if self._chance.random() < 0.2:
            body, headers = msgspec.msgpack.encode(events), {"Content-Type": "application/msgpack"}
        else:
            body, headers = json.dumps(events).encode(), {"Content-Type": "application/json"}
        if self._chance.random() < 0.2:
            return gzip.compress(body, 1), {**headers, "Content-Encoding": "gzip"}
        return body, headers

    def _send(self, body: bytes, headers: dict[str, str]) -> Answer | None:
        """None: no answer, so whether it was taken is unknown."""
        try:
            self._connection.request("POST", PATH, body, headers)
            response = self._connection.getresponse()
            answer = response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            self._record.count(type(error).__name__)
            return None
        self._record.count(str(answer[0]))
        return answer


def complaint_about(answer: Answer, batch: Sequence[Sent], *, is_first: bool) -> str:
    """What is wrong with an answer that is neither an error nor a "wait"; "" when nothing is.

    `is_first`: the batch was not sent before, so that only what was acked before can be a duplicate.
    """
    status, told = answer
    invalid = [place for place, one in enumerate(batch) if not one.is_valid]
    if status != (400 if len(invalid) == len(batch) else 200):
        return f"Answer {status}: {told}."
    if (named := [rejected["index"] for rejected in told["rejected"]]) != invalid:
        return f"The events {named} were rejected, {invalid} are invalid."
    if status == 400:
        return ""
    again = sum(one.is_again for one in batch)
    if told["accepted"] + told["duplicates"] + len(invalid) != len(batch):
        return f"{len(batch)} events were sent, {told} says the answer."
    if is_first and told["duplicates"] != again:
        return f"{told['duplicates']} of {again} resent events were recognised."
    return ""
