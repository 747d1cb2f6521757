"""Clients of clickhouse-connect, embedded or over HTTP, and a pool of them."""

import logging
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from engine.config import ClickHouse
from engine.errors import Wait
from persistence.store_errors import our_errors

MAX_RESULT_ROWS: Final = 1_000_000  # an answer is built in the process that also drains the journal


def open_client(config: ClickHouse, *, path: str) -> Client:
    """A client of the server at `config.url`, or of the embedded database in the folder `path`; no database chosen yet.

    Raises what the driver raises: call it inside `our_errors`.
    """
    # It would log each failure with its traceback, every second of an outage; our errors say it in a sentence.
    logging.getLogger("clickhouse_connect").setLevel(logging.ERROR)
    settings: dict[str, Any] = {
        "max_memory_usage": config.max_memory_bytes,
        "max_execution_time": max(1, config.timeout_ms // 1000),
        "max_result_rows": MAX_RESULT_ROWS,
        "max_result_bytes": config.max_answer_bytes,
        "result_overflow_mode": "throw",
    }
    if not config.url:
        # Two threads: the process shares the machine with shards and gateway.
        return clickhouse_connect.get_client(
            interface="chdb",
            path=path,
            settings={**settings, "max_threads": 2},
            show_clickhouse_errors="scrub",
        )
    return clickhouse_connect.get_client(
        dsn=config.url,
        interface=urlsplit(config.url).scheme,
        settings=settings,
        connect_timeout=max(1, config.timeout_ms // 1000),
        send_receive_timeout=max(1, config.timeout_ms // 1000),
        query_retries=0,  # the persister retries, with its own backoff
        show_clickhouse_errors="scrub",  # no address of the server in messages that users may see
        autogenerate_session_id=False,  # a server session would serialise our threads
    )


class ClientPool:
    """At most `limit` clients, opened when needed and lent to one thread at a time.

    An embedded client runs one statement at a time, so each thread that works needs its own; a thread beyond the limit
    waits for at most `wait_ms`.
    """

    def __init__(self, opener: Callable[[], Client], *, limit: int, wait_ms: int) -> None:
        self._opener = opener
        self._wait_s = wait_ms / 1000
        self._free: queue.LifoQueue[Client | None] = queue.LifoQueue()
        for _ in range(limit):
            self._free.put(None)
        self._limit = limit

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Raises `Wait`, `OperatorError` or `ClientError` for whatever the driver raises inside."""
        with our_errors():
            lent = self._take()
            try:
                if lent is None:
                    lent = self._opener()
                yield lent
            finally:
                self._free.put(lent)

    def close(self, wait_ms: int) -> bool:
        """Waits that long for the statements under way and closes every client; using the pool afterwards opens new
        ones. False when some are still at work: those stay open."""
        deadline_s = time.monotonic() + wait_ms / 1000
        with our_errors():
            for closed in range(self._limit):
                try:
                    client = self._free.get(timeout=max(0.0, deadline_s - time.monotonic()))
                except queue.Empty:
                    self._give_back(closed)
                    return False
                if client is not None:
                    client.close()
            self._give_back(self._limit)
        return True

    def _give_back(self, places: int) -> None:
        for _ in range(places):
            self._free.put(None)

    def _take(self) -> Client | None:
        try:
            return self._free.get(timeout=self._wait_s)
        except queue.Empty:
            msg = "Every connection to ClickHouse is busy."
            raise Wait(msg, code="store_unavailable") from None
