"""One small batch that is sent again and again until it is acked: how soon a server accepts again."""

import http.client
import json
import threading
import time
from collections import Counter
from typing import Final

from tests.chaos.client import PATH
from tests.chaos.record import Record, Sent

_AGAIN_S: Final = 0.02
_TIMEOUT_S: Final = 6.0  # a request is held for 5 s at most
_BACK_S: Final = 120.0
_SESSIONS: Final = 8  # one on every shard, as good as certainly
_TYPES: Final = 400  # the monitor tells 500 apart; after so many faults the first alert is long over


class Probe:
    """Each batch has an event type of its own, so that there is an alert about it alone. `acked`: how many batches, by
    type."""

    def __init__(self, port: int, record: Record, name: str) -> None:
        self._port = port
        self._record = record
        self._name = name
        self._number = 0
        self.acked: Counter[str] = Counter()
        self._never = threading.Event()

    def until_acked(self) -> str:
        """The type of the events. Raises TimeoutError when that takes more than two minutes."""
        batch = self._batch()
        self._record.sending(batch)
        body, deadline_s = json.dumps([one.event for one in batch]).encode(), time.monotonic() + _BACK_S
        while not self._is_acked(body):
            if time.monotonic() > deadline_s:
                message = f"nothing was acked within {_BACK_S} s"
                raise TimeoutError(message)
            self.pause(_AGAIN_S)
        self._record.answered(batch)
        event_type = str(batch[0].event["event_type"])
        self.acked[event_type] += 1
        return event_type

    def pause(self, seconds: float) -> None:
        self._never.wait(max(0.0, seconds))

    def _batch(self) -> list[Sent]:
        self._number += 1
        event = {"event_type": f"probe_{self._number % _TYPES}", "user_id": self._name}
        return [
            Sent({**event, "event_id": f"{self._name}-{self._number}-{place}", "session_id": f"{self._name}-{place}"})
            for place in range(_SESSIONS)
        ]

    def _is_acked(self, body: bytes) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT_S)
        try:
            connection.request("POST", PATH, body, {"Content-Type": "application/json"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
