"""Errors -> RFC 9457 problem JSON. The one place that knows how an error looks to a client."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import msgspec

from engine.errors import ClientError, SessiondError, Wait
from gateway.call import Answer, Headers
from gateway.rejection import Rejection

_PROBLEM_TYPE: Final = (b"content-type", b"application/problem+json")
# The rest of such a request's body is not read, so its connection cannot carry another request.
_CLOSING: Final = frozenset({408, 413})


class Problem(msgspec.Struct, omit_defaults=True):
    """`message` and `detail` say the same: existing clients read the one or the other."""

    type: str
    title: str
    status: int
    code: str
    message: str
    detail: str
    rejected: list[Rejection] = []


def problem(status: int, code: str, message: str, headers: Headers | None = None) -> Answer:
    return _answer(_problem(status, code, message), headers or [])


def rejected_problem(rejected: Sequence[Rejection]) -> Answer:
    """Every event of the request was refused."""
    count = len(rejected)
    message = (
        rejected[0].message if count == 1 else f"All {count} events were rejected; the first: {rejected[0].message}"
    )
    found = _problem(400, rejected[0].code, message)
    found.rejected = list(rejected)
    return _answer(found, [])


def error_answer(error: SessiondError) -> Answer:
    """The answer to an error that was raised on purpose."""
    if isinstance(error, Wait):
        seconds = max(1, -(-error.retry_after_ms // 1000))
        return problem(error.status, error.code, error.message, [(b"retry-after", b"%d" % seconds)])
    if isinstance(error, ClientError):
        closing = [(b"connection", b"close")] if error.status in _CLOSING else []
        return problem(error.status, error.code, error.message, closing)
    return internal_error()


def internal_error() -> Answer:
    """Says nothing of the cause: that is in the log."""
    return problem(500, "internal_error", "The server failed to handle this request; its log says why.")


def _problem(status: int, code: str, message: str) -> Problem:
    return Problem("about:blank", HTTPStatus(status).phrase, status, code, message, message)


def _answer(found: Problem, headers: Headers) -> Answer:
    return Answer(found.status, msgspec.json.encode(found), [_PROBLEM_TYPE, *headers])
