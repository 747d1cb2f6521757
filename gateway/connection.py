"""One client's connection: uvicorn's, with an end to what a client may leave undone or send without an end."""

import asyncio
from itertools import cycle
from typing import Any, Final

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from engine.config import Server
from engine.errors import RETRY_AFTER_MS, ClientError, SessiondError, Wait
from gateway.call import Answer
from gateway.metrics import Metrics
from gateway.problems import error_answer

SPARE_CONNECTIONS: Final = 100  # so many more than allowed are told why they are refused; the rest is cut off
MAX_PIPELINED: Final = 32  # requests of one connection that wait behind the one being answered


class _TooManyPipelined(Exception):
    """Stops the parser."""


class Porter:
    """What the connections of a server share."""

    def __init__(self, limits: Server, metrics: Metrics) -> None:
        self.limits = limits
        self.metrics = metrics
        self._retry_after_ms = cycle(RETRY_AFTER_MS)

    async def no_place(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The app of a connection that there is no place for."""
        message = f"{self.limits.max_connections} connections are open, the most there may be."
        await _closing(Wait(message, "too_many_connections", next(self._retry_after_ms))).send(send)


class Connection(HttpToolsProtocol):
    """`check` is to be called about once a second: one timer for all connections, and none that a request sets."""

    porter: Porter

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._frame_bytes = 0  # of headers, trailers or chunk sizes, since the last whole head or piece of a body
        self._is_cut = False
        self._answered: RequestResponseCycle | None = None  # what the app works on; `cycle` is what came last
        self._seen_scope: object = self  # nothing yet
        self._seen_left = 0
        self._since_s = 0.0

    # -- what comes in --------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        excess = len(self.connections) - self.porter.limits.max_connections
        if excess > 0:
            self.app = self.porter.no_place
            self.porter.metrics.count_refused("too_many_connections")
        if excess > SPARE_CONNECTIONS:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """uvicorn tells the request that came last only: an earlier one would write to what is closed, and log that."""
        if self._answered is not None:
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        if self._is_cut:  # read all the same: closing over unread bytes would take the answers with it
            return
        self._frame_bytes += len(data)
        super().data_received(data)
        if self._frame_bytes > self.porter.limits.max_header_bytes and not self.transport.is_closing():
            most = self.porter.limits.max_header_bytes
            message = f"The headers are longer than {most} bytes, which is the limit."
            self._refuse(ClientError(message, "headers_too_large", 431))

    def on_headers_complete(self) -> None:
        self._frame_bytes = 0
        if len(self.pipeline) >= MAX_PIPELINED:
            self._is_cut = True
            raise _TooManyPipelined
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._frame_bytes = 0
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """The parser gave up."""
        if self._is_cut:
            self._end_after_pipeline()
        else:
            self._refuse(ClientError("The request is no valid HTTP/1.1.", "bad_request"))

    def on_response_complete(self) -> None:
        """As uvicorn's, without a timer for each request: `check` ends who asks nothing more."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def _end_after_pipeline(self) -> None:
        """HTTP lets a server close a connection with requests unanswered: the client sends them again."""
        self.flow.pause_reading()
        if self.pipeline:
            newest, _ = self.pipeline[0]
            newest.keep_alive = False

    # -- what does not come ---------------------------------------------------------------------------------------

    def check(self, now_s: float) -> None:
        """Ends the connection when it has waited for its client for too long. What counts as progress: another
        request, and the end of one; while an answer is taken, a twentieth of what was left of it: a byte now and then
        would hold a large one for days."""
        request, unsent = self.cycle, self.transport.get_write_buffer_size()
        left = unsent + (request.expected_content_length if request is not None else 0)
        # Nothing is to be answered: no request has come yet, none has come again, or its headers have no end.
        is_idle = request is None or request.response_complete
        has_taken = left > self._seen_left or left * 20 <= (self._seen_left - 1) * 19
        if self.scope is not self._seen_scope or has_taken or not (unsent or is_idle):
            self._seen_scope, self._seen_left = self.scope, left
            self._since_s = now_s
            return
        limits = self.porter.limits
        timeout_ms = limits.answer_timeout_ms if unsent else limits.header_timeout_ms
        if (now_s - self._since_s) * 1000 >= timeout_ms:
            self._give_up(takes_nothing=unsent > 0)

    def _give_up(self, *, takes_nothing: bool) -> None:
        if takes_nothing:
            self.porter.metrics.count_refused("answer_not_taken")
            self.transport.abort()
        elif self.scope is not None and (self.cycle is None or self.cycle.scope is not self.scope):
            timeout_ms = self.porter.limits.header_timeout_ms
            message = f"The headers of the request were not complete within {timeout_ms} ms."
            self._refuse(ClientError(message, "header_timeout", 408))
        else:
            self.transport.close()

    def _refuse(self, error: SessiondError) -> None:
        """On the connection itself: there is no request that a handler could answer."""
        self.porter.metrics.count_refused(error.code)
        is_answering = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if not self.pipeline and not is_answering:
            self.transport.write(_raw(_closing(error)))
        self.transport.close()


def connections(porter: Porter) -> type[Connection]:
    """uvicorn makes its connections of a class, and gives them nothing of ours."""

    class Guarded(Connection):
        pass

    Guarded.porter = porter
    return Guarded


def _closing(error: SessiondError) -> Answer:
    answer = error_answer(error)
    closing = (b"connection", b"close")
    if closing not in answer.headers:
        answer.headers.append(closing)
    return answer


def _raw(answer: Answer) -> bytes:
    headers = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    return STATUS_LINE[answer.status] + lines + b"\r\n" + answer.body
