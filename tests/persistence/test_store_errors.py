"""What the driver raises, and what is said of it; no address of a server is in it."""

import socket
from http.client import IncompleteRead, RemoteDisconnected

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, DataError, OperationalError

from engine.errors import ClientError, OperatorError, SessiondError, Wait
from persistence.store_errors import our_errors


def said_of(error: Exception, cause: Exception | None = None) -> SessiondError:
    with pytest.raises(SessiondError) as caught, our_errors():
        raise error from cause
    return caught.value


def coded(code: int, text: str = "told to fail") -> ClickHouseError:
    error = DatabaseError(text)
    error.code = code
    return error


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        (ConnectionRefusedError(111, "10.0.0.1"), "ClickHouse refuses connections"),
        (socket.gaierror(-2, "db.internal"), "ClickHouse cannot be found"),
        (TimeoutError("timed out"), "ClickHouse did not answer in time"),
        (ConnectionResetError(104, "10.0.0.1"), "ClickHouse closed the connection"),
        (RemoteDisconnected("10.0.0.1"), "ClickHouse closed the connection"),
        (IncompleteRead(b"ab", 10), "ClickHouse closed the connection"),
    ],
)
def test_a_network_that_fails_is_waited_for_and_said_in_a_sentence(cause: Exception, sentence: str) -> None:
    said = said_of(OperationalError("Error executing HTTP request"), cause)
    assert isinstance(said, Wait)
    assert said.message.startswith(sentence)
    assert "10.0.0.1" not in said.message
    assert "db.internal" not in said.message


@pytest.mark.parametrize(
    "error",
    [
        coded(243, "Cannot reserve 1.00 MiB. (NOT_ENOUGH_SPACE)"),
        coded(75, "Cannot write to file: No space left on device. (CANNOT_WRITE_TO_FILE_DESCRIPTOR)"),
        coded(1001, "std::exception. filesystem error: No space left on device"),
        DatabaseError("No space left on device"),
    ],
)
def test_every_way_to_say_that_the_disk_is_full_is_one_and_is_waited_for(error: ClickHouseError) -> None:
    said = said_of(error)
    assert isinstance(said, Wait)
    assert said.message.startswith("ClickHouse has no space left on its disk")


def test_a_proxy_is_told_from_clickhouse_and_its_page_is_not_shown() -> None:
    said = said_of(DatabaseError("HTTP driver received HTTP status 502, server response: <html>nginx</html>"))
    assert isinstance(said, Wait)
    assert said.message.endswith("answers at `clickhouse.url`: HTTP status 502.")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (coded(241), Wait),
        (coded(252), Wait),
        (coded(60), OperatorError),
        (coded(516), OperatorError),
        (coded(396), ClientError),
        (DataError("HTTP"), OperatorError),
        (TypeError("an int is required"), OperatorError),
        (OSError(5, "Input/output error"), Wait),
    ],
)
def test_who_must_act(error: Exception, kind: type[SessiondError]) -> None:
    assert isinstance(said_of(error), kind)
