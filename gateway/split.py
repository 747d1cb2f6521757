"""A JSON body -> the text of each event, so that every event can fail alone.

Nothing is built from what the events hold: a body of brackets must not become a gigabyte of lists.
"""

import json
import re
from typing import Final

import msgspec

from engine.errors import ClientError
from gateway.raw_event import ABSENT
from gateway.rejection import shown

MAX_COMMAS_PER_EVENT: Final = 200  # times the limit of events: bounds what one split can allocate
MAX_ISOLATED_BYTES: Final = 1_000_000  # the character scan takes 0.2 s for this much

# An unpaired quote is a token of its own: otherwise each one would be tried again to the end of the body.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[\]{},]', re.DOTALL)
_OPEN: Final = b"[{"
_CLOSE: Final = b"]}"


class Envelope(msgspec.Struct):
    """`{"events": […]}`; other fields of the envelope are the client's own."""

    events: msgspec.Raw = ABSENT


_envelope: Final = msgspec.json.Decoder(Envelope)
_texts: Final = msgspec.json.Decoder(list[msgspec.Raw])
_any: Final = msgspec.json.Decoder(msgspec.Raw)


def split_json(body: bytes, max_events: int) -> list[bytes]:
    """The events of a body that holds one, an array, or an envelope. Raises `ClientError` when it is no JSON."""
    first = body.lstrip(b" \t\r\n")[:1]
    if first not in (b"[", b"{"):
        raise wrong_body(shown(body) if first else "empty")
    if body.count(b",") > max_events * MAX_COMMAS_PER_EVENT:
        msg = f"The body holds more than {max_events * MAX_COMMAS_PER_EVENT} values; send it in parts."
        raise ClientError(msg, "too_many_events", 413)
    try:
        return _split(body) if first == b"[" else _open_envelope(body)
    except (msgspec.DecodeError, RecursionError) as error:
        if len(body) > MAX_ISOLATED_BYTES:
            raise not_json(error, body) from None
        return _isolated(body, error)


def _split(array: bytes | msgspec.Raw) -> list[bytes]:
    return [bytes(text) for text in _texts.decode(array)]


def _open_envelope(body: bytes) -> list[bytes]:
    events = _envelope.decode(body).events
    if events is ABSENT:
        return [body]
    if memoryview(events)[0] != ord("["):
        msg = f"`events` is {shown(events)}; an array of events is allowed."
        raise ClientError(msg, "invalid_json")
    return _split(events)


def wrong_body(what: str) -> ClientError:
    msg = f'The body is {what}; an event, an array of events or {{"events": […]}} is allowed.'
    return ClientError(msg, "invalid_json")


def not_json(error: Exception, body: bytes) -> ClientError:
    """The decoder's reason, with the place."""
    if isinstance(error, RecursionError):
        return ClientError("The body is nested too deep; about 900 levels are allowed.", "invalid_json")
    reason = str(error).removeprefix("JSON is malformed: ")
    if "truncated" in reason:
        reason = f"it ends early (byte {len(body)})"
    return ClientError(f"The body is no JSON: {reason}.", "invalid_json")


def _isolated(body: bytes, error: Exception) -> list[bytes]:
    """Find the events by their brackets. Only for what Python's own parser can name a reason for: NaN, half a
    surrogate pair, nesting. A body with any other fault is refused whole, because its borders cannot be trusted."""
    texts = _slices(body)
    if texts is None or not all(map(_is_explainable, texts)):
        raise not_json(error, body)
    return texts


def _slices(body: bytes) -> list[bytes] | None:
    """The texts between the commas of the array of events; None when the brackets do not match up."""
    depth = base = start = 0
    previous = b""
    texts: list[bytes] = []
    for match in _TOKEN.finditer(body):
        token = match[0]
        if token == b'"':
            return None
        if token in _CLOSE:
            if base and depth == base:
                texts.append(body[start : match.start()])
                return texts if base == 2 or not body[match.end() :].strip() else None
            depth -= 1
        elif token in _OPEN:
            depth += 1
            if not base and token == b"[" and (depth == 1 or (depth == 2 and previous == b'"events"')):
                base, start = depth, match.end()
        elif token == b"," and base and depth == base:
            texts.append(body[start : match.start()])
            start = match.end()
        previous = token
    return [body] if not base and depth == 0 else None


def _is_explainable(text: bytes) -> bool:
    try:
        _any.decode(text)
    except RecursionError:
        return True
    except msgspec.DecodeError:
        return _python_reads(text)
    return True


def _python_reads(text: bytes) -> bool:
    try:
        json.loads(text.decode(errors="replace"))
    except RecursionError:
        return True
    except ValueError:
        return False
    return True
