"""Cursors: the place where a page ended, as text that a URL can carry. Opaque to clients."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final, TypeVar

import msgspec

from gateway.params import Params, bad_parameter

Place = TypeVar("Place")

_ALLOWED: Final = "the `next_cursor` of the page before"


def encode_cursor(place: tuple[object, ...]) -> str:
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def decode_cursor(params: Params, place: msgspec.json.Decoder[Place]) -> Place | None:
    """The place in `cursor`, None when the parameter is missing. Raises `ClientError` for any other text."""
    text = params.get("cursor", "")
    if not text:
        return None
    try:
        return place.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (msgspec.DecodeError, UnicodeError, binascii.Error, ValueError, RecursionError):
        fault = bad_parameter("cursor", text, _ALLOWED)
        raise fault from None
