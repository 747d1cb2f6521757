"""Which shard a session lives on: key -> slot -> shard. The slot of a key never changes; who owns a slot may."""

import re
from typing import Final

import xxhash

SLOTS: Final = 1024
MADE: Final = "sn_"  # how a session id begins that the engine made

# A session id that the engine made carries its slot, because its key is the user and not the id.
_GENERATED: Final = re.compile(r"^sn_([0-9a-f]{3})[0-9a-f]{29}$")


def session_key(project_id: str, session_id: str) -> str:
    """The key of a session that has an id of its own. Ids hold no control characters, so NUL separates."""
    return f"{project_id}\0{session_id}"


def user_key(project_id: str, user_id: str) -> str:
    """The key under which events without a session id are cut into sessions."""
    return f"{project_id}\0\0{user_id}"


def is_user_key(key: str) -> bool:
    return "\0\0" in key


def slot_of(key: str) -> int:
    return xxhash.xxh64_intdigest(key.encode()) % SLOTS


def generated_session_id(key: str, started_ms: int) -> str:
    """The id of the session that an event at `started_ms` opened under a user key: the same in every replay."""
    digest = xxhash.xxh3_128_hexdigest(f"{key}\0{started_ms}".encode())
    return f"{MADE}{slot_of(key):03x}{digest[:29]}"


def slot_of_session(project_id: str, session_id: str) -> int:
    """The slot to ask about a session id, whether the client or the engine made it."""
    made = _GENERATED.match(session_id)
    return int(made.group(1), 16) % SLOTS if made else slot_of(session_key(project_id, session_id))


def shard_of(slot: int, shards: int) -> int:
    """Contiguous ranges of slots, so that a later split moves whole ranges."""
    return slot * shards // SLOTS
