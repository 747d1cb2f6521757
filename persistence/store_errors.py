"""The one place where the driver's errors become ours, in sentences that whoever runs the server can act on.

No address and no statement is in them, because users may see them.
"""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Final

from clickhouse_connect.driver.exceptions import ClickHouseError, DataError, OperationalError

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
        252,  # TOO_MANY_PARTS
        279,  # ALL_CONNECTION_TRIES_FAILED
        285,  # TOO_FEW_LIVE_REPLICAS
        286,  # UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
        319,  # UNKNOWN_STATUS_OF_INSERT
        394,  # QUERY_WAS_CANCELLED
        999,  # KEEPER_EXCEPTION
    }
)
_NOT_ENOUGH_SPACE: Final = 243
_RESULT_TOO_LARGE: Final = 396
_NOT_OPENED: Final = "EmbeddedServer"
_HTTP_STATUS: Final = re.compile(r"HTTP status \d+")
_NO_SPACE: Final = "No space left on device"  # comes under several codes: of files, of the standard library

# What lies under an error of the driver, and what to say then; the first that fits.
_CAUSES: Final[tuple[tuple[tuple[type[BaseException], ...], str], ...]] = (
    ((ConnectionRefusedError,), "refuses connections: it is not running, or `clickhouse.url` is wrong."),
    ((socket.gaierror,), "cannot be found: the host name in `clickhouse.url` does not resolve."),
    ((TimeoutError,), "did not answer in time: it hangs, is overloaded or cut off."),
    ((ssl.SSLError,), "cannot be spoken to: TLS failed; check `clickhouse.url` and its certificate."),
    ((ConnectionError, HTTPException), "closed the connection before it had answered."),
)


@contextmanager
def our_errors() -> Iterator[None]:
    try:
        yield
    except SessiondError:
        raise
    except ClickHouseError as error:
        raise _ours(error) from error
    except OSError as error:
        raise _away(_under(error) or f"ClickHouse cannot be used now: {error}.") from error
    except (TypeError, ValueError, AttributeError, ImportError) as error:
        # The driver checks values while it encodes them, and reports some of them in Python's own words.
        msg = f"ClickHouse client refused the statement: {error}."
        raise OperatorError(msg) from error


def _away(message: str) -> Wait:
    return Wait(message, code="store_unavailable")


def _ours(error: ClickHouseError) -> SessiondError:
    code = getattr(error, "code", None)
    message = f"ClickHouse: {error}"
    if code == _RESULT_TOO_LARGE:
        too_large = "The answer would be too large: ask for fewer items (`limit`) or a shorter range."
        return ClientError(too_large, code="range_too_large")
    if code == _NOT_ENOUGH_SPACE or _NO_SPACE in message:
        return _away("ClickHouse has no space left on its disk: make room there, and it goes on by itself.")
    if code is None and _NOT_OPENED in message:
        # Most often the process that was killed a moment ago still holds it; the engine prints why to stderr.
        return _away(
            "The embedded database cannot be opened: another process holds it (then stop that one), or its files are"
            " damaged (then restore the data folder from a copy)."
        )
    if code in _PASSING_CODES:
        return _away(message)
    if code is None and isinstance(error, OperationalError):
        return _away(_under(error) or message)
    if code is None and not isinstance(error, DataError) and (status := _HTTP_STATUS.search(message)):
        # Without its page of HTML. ClickHouse itself would have sent a code.
        return _away(f"Something that is not ClickHouse, perhaps a proxy, answers at `clickhouse.url`: {status[0]}.")
    return OperatorError(message)


def _under(error: BaseException) -> str:
    """What to say of the errors that led to this one; "" when they say nothing."""
    chain = list(_chain(error))
    for kinds, sentence in _CAUSES:
        if any(isinstance(one, kinds) for one in chain):
            return f"ClickHouse {sentence}"
    return ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
