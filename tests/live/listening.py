"""A client of the live stream of a real server, in a thread of its own."""

import http.client
import json
import queue
import threading
import time
from contextlib import suppress
from typing import Any, Self


class Listening:
    """A context. `next` is the next event as (name, data, id, when it came in Unix ms); None = the stream has ended."""

    def __init__(self, port: int, query: str = "", *, last_event_id: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        self._connection.request("GET", f"/api/v1/stream{query}", headers=headers)
        self._response = self._connection.getresponse()
        self.status = self._response.status
        self._events: queue.Queue[tuple[str, Any, str, float] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection.sock is not None:
            self._connection.sock.shutdown(2)
        self._thread.join(10)
        self._connection.close()

    def next(self, timeout_s: float = 10) -> tuple[str, Any, str, float] | None:
        return self._events.get(timeout=timeout_s)

    def _read(self) -> None:
        with suppress(OSError, ValueError, http.client.HTTPException):  # the server is gone
            self._read_all()
        self._events.put(None)

    def _read_all(self) -> None:
        fields: dict[str, str] = {}
        while line := self._response.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "data" in fields:
                data = json.loads(fields["data"])
                self._events.put((fields["event"], data, fields["id"], time.time() * 1000))
                fields = {}
