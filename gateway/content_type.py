"""Which decoder a `Content-Type` asks for."""

from typing import Final, Literal

from engine.errors import ClientError

Kind = Literal["json", "msgpack", "form"]

_KINDS: Final[dict[str, Kind]] = {
    "": "json",
    "application/json": "json",
    "text/plain": "json",  # what beacons send
    "application/msgpack": "msgpack",
    "application/x-msgpack": "msgpack",
    "application/vnd.msgpack": "msgpack",
    "application/x-www-form-urlencoded": "form",
}


def kind_of(header: bytes | None, allowed: tuple[Kind, ...] = ("json", "msgpack", "form")) -> Kind:
    """Raises `ClientError` 415. A missing type is taken for JSON."""
    name = (header or b"").decode("latin-1").partition(";")[0].strip().lower()
    kind = _KINDS.get(name)
    if kind not in allowed:
        listed = ", ".join(sorted(known for known, its_kind in _KINDS.items() if known and its_kind in allowed))
        msg = f'`Content-Type` is "{name[:100]}"; {listed} are allowed.'
        raise ClientError(msg, "unsupported_media_type", 415)
    return kind
