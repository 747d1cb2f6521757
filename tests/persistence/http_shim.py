"""ClickHouse's HTTP interface in front of an embedded database: enough of it to drive the store's server mode."""

import re
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb

# What the HTTP layer itself understands; everything else in the query string is a setting.
_TRANSPORT = {
    "query",
    "database",
    "query_id",
    "client_protocol_version",
    "wait_end_of_query",
    "enable_http_compression",
}

_INSERT = re.compile(rb"(?P<head>INSERT INTO [^\n]*) FORMAT (?P<format>Native|ArrowStream)\n")


class ShimHandler(BaseHTTPRequestHandler):
    """One connection; `answer` says what happens to a request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(self._parameters(), b"")

    def do_POST(self) -> None:
        body, kind = self._body(), self.headers.get("Content-Type", "")
        if not kind.startswith("multipart/form-data"):
            self.answer(self._parameters(), body)
            return
        form = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)  # when parameters are long
        fields = {part.get_param("name", header="content-disposition"): part for part in form.walk()}
        parameters = {str(name): str(part.get_payload()) for name, part in fields.items() if name}
        self.answer(self._parameters() | parameters, b"")

    def answer(self, parameters: dict[str, str], body: bytes) -> None:
        raise NotImplementedError

    def run(self, path: str, parameters: dict[str, str], body: bytes) -> tuple[int, bytes, int | None]:
        """Status, answer and the code of the exception, as the database in the folder `path` gives them."""
        try:
            return 200, execute(path, parameters, body), None
        except RuntimeError as error:
            code = str(error).partition("Code: ")[2].partition(".")[0]
            return 500, str(error).encode(), int(code or 1)

    def send(self, status: int, answer: bytes, code: int | None = None) -> None:
        self.send_response(status)
        if code is not None:
            self.send_header("X-ClickHouse-Exception-Code", str(code))
        self.send_header("X-ClickHouse-Format", "TabSeparated")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def _parameters(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return b"".join(self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()


class HttpShim:
    """`url` for `clickhouse.url`. `fail_next` answers the next requests with these ClickHouse error codes instead."""

    def __init__(self, path: str) -> None:
        self.failures: deque[int] = deque()
        shim = self

        class Handler(ShimHandler):
            def answer(self, parameters: dict[str, str], body: bytes) -> None:
                if shim.failures:
                    self.send(500, b"Code: 1. DB::Exception: told to fail. (TOLD)", shim.failures.popleft())
                else:
                    self.send(*self.run(path, parameters, body))

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}?compress=false"

    def fail_next(self, *codes: int) -> None:
        self.failures.extend(codes)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def http_shim(path: str) -> Iterator[HttpShim]:
    shim = HttpShim(path)
    try:
        yield shim
    finally:
        shim.close()


def execute(path: str, parameters: dict[str, str], body: bytes) -> bytes:
    """Run one request on a handle of its own, as a server without sessions does."""
    connection: Any = chdb.connect(path)  # type: ignore[no-untyped-call]
    try:
        if parameters.get("database"):
            connection.query(f"USE `{parameters['database']}`")
        for name, value in parameters.items():
            if name not in _TRANSPORT and not name.startswith("param_"):
                quoted = value.replace("\\", "\\\\").replace("'", "\\'")
                connection.query(f"SET {name} = '{quoted}'")
        bound = {name.removeprefix("param_"): value for name, value in parameters.items() if name.startswith("param_")}
        # A statement may come as a parameter and its data as the body, or both as the body.
        return _run(connection, b"\n".join(filter(None, (parameters.get("query", "").encode(), body))), bound)
    finally:
        connection.close()


def _run(connection: Any, statement: bytes, bound: dict[str, str]) -> bytes:
    insert = _INSERT.match(statement)
    if not insert:
        return bytes(connection.query(statement.decode(), "TabSeparated", params=bound).bytes() or b"")
    head, data_format = insert["head"].decode(), insert["format"].decode()
    with tempfile.NamedTemporaryFile() as file:
        file.write(statement[insert.end() :])
        file.flush()
        connection.query(f"{head} FROM INFILE '{file.name}' FORMAT {data_format}")
    return b""
