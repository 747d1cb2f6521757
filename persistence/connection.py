"""Clients of clickhouse-connect, embedded or over HTTP, and the one place where the driver's errors become ours."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DataError, OperationalError

from engine.config import ClickHouse
from engine.errors import ClientError, OperatorError, SessiondError, Wait

# Server codes after which the same statement can succeed later.
_PASSING_CODES: Final = frozenset(
    {
        159,  # TIMEOUT_EXCEEDED
        160,  # TOO_SLOW
        173,  # CANNOT_ALLOCATE_MEMORY
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        203,  # NO_FREE_CONNECTION
        209,  # SOCKET_TIMEOUT
        210,  # NETWORK_ERROR
        225,  # NO_ZOOKEEPER
        236,  # ABORTED
        241,  # MEMORY_LIMIT_EXCEEDED
        242,  # TABLE_IS_READ_ONLY
        243,  # NOT_ENOUGH_SPACE
        252,  # TOO_MANY_PARTS
        279,  # ALL_CONNECTION_TRIES_FAILED
        285,  # TOO_FEW_LIVE_REPLICAS
        286,  # UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
        319,  # UNKNOWN_STATUS_OF_INSERT
        394,  # QUERY_WAS_CANCELLED
        999,  # KEEPER_EXCEPTION
    }
)
_RESULT_TOO_LARGE: Final = 396
_NOT_OPENED: Final = "EmbeddedServer"

MAX_RESULT_ROWS: Final = 1_000_000  # an answer is built in the process that also drains the journal


def open_client(config: ClickHouse, *, path: str) -> Client:
    """A client of the server at `config.url`, or of the embedded database in the folder `path`; no database chosen yet.

    Raises what the driver raises: call it inside `our_errors`.
    """
    settings: dict[str, Any] = {
        "max_memory_usage": config.max_memory_bytes,
        "max_execution_time": max(1, config.timeout_ms // 1000),
        "max_result_rows": MAX_RESULT_ROWS,
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

    def close(self) -> None:
        """Waits for the statements under way, then closes every client; using the pool afterwards opens new ones."""
        with our_errors():
            clients = [self._take() for _ in range(self._limit)]
            for client in clients:
                if client is not None:
                    client.close()
                self._free.put(None)

    def _take(self) -> Client | None:
        try:
            return self._free.get(timeout=self._wait_s)
        except queue.Empty:
            msg = "Every connection to ClickHouse is busy."
            raise Wait(msg, code="store_unavailable") from None


@contextmanager
def our_errors() -> Iterator[None]:
    try:
        yield
    except SessiondError:
        raise
    except ClickHouseError as error:
        raise _ours(error) from error
    except OSError as error:
        msg = f"ClickHouse cannot be used now: {error}."
        raise Wait(msg, code="store_unavailable") from error
    except (TypeError, ValueError, AttributeError, ImportError) as error:
        # The driver checks values while it encodes them, and reports some of them in Python's own words.
        msg = f"ClickHouse client refused the statement: {error}."
        raise OperatorError(msg) from error


def _ours(error: ClickHouseError) -> SessiondError:
    code = getattr(error, "code", None)
    message = f"ClickHouse: {error}"
    if code == _RESULT_TOO_LARGE:
        return ClientError("The answer would be too large: ask for a shorter range.", code="range_too_large")
    if code is None and _NOT_OPENED in message:
        # Most often the process that was killed a moment ago still holds it; the engine prints why to stderr.
        busy = "The embedded database cannot be opened: another process holds it, or its files are damaged."
        return Wait(busy, code="store_unavailable")
    if code in _PASSING_CODES or (code is None and isinstance(error, OperationalError)):
        return Wait(message, code="store_unavailable")
    if code is None and not isinstance(error, DataError) and "HTTP" in message:
        return Wait(message, code="store_unavailable")  # a proxy answered, not the server
    return OperatorError(message)
