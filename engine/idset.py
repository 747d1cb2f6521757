"""A set of 64-bit hashes: 8 bytes an id one after the other while they are few, a half-empty hash table later.

A Python set of 50 ints takes 4 KB; this takes 0.4 KB, is its own snapshot, and a lookup stays below a microsecond.
"""

from typing import Any, Final

import msgspec
import xxhash

_WIDTH: Final = 8
_FREE: Final = bytes(_WIDTH)
_SMALL_BYTES: Final = 64 * _WIDTH  # up to so many ids a plain scan is faster than probing


def hash_id(text: str) -> bytes:
    """8 bytes that are never all zero: zero marks a free place in the table."""
    digest = xxhash.xxh3_64_digest(text.encode())
    return digest if digest != _FREE else b"\1" * _WIDTH


class IdSet(msgspec.Struct, array_like=True, gc=False):
    """Grows without bound: the owner counts and decides. `table`: a bytearray when it is hashed, bytes before that:
    they take less, because a bytearray keeps room for more."""

    table: Any = b""
    hashed: int = 0  # ids in the hash table; 0 while they stand one after the other

    @property
    def count(self) -> int:
        return self.hashed or len(self.table) // _WIDTH

    def __contains__(self, digest: bytes) -> bool:
        if not self.hashed:
            return _scan(self.table, digest)
        place = _probe(self.table, digest)
        return bool(self.table[place : place + _WIDTH] == digest)

    def add(self, digest: bytes) -> bool:
        """True if it was new."""
        table = self.table
        if not self.hashed:
            if digest in table and _scan(table, digest):
                return False
            self.table = table = table + digest
            if len(table) > _SMALL_BYTES:
                self._rehash(4 * _SMALL_BYTES)
            return True
        if not isinstance(table, bytearray):  # as a snapshot has it
            self.table = table = bytearray(table)
        place = _probe(table, digest)
        if table[place : place + _WIDTH] == digest:
            return False
        table[place : place + _WIDTH] = digest
        self.hashed += 1
        if self.hashed * 3 * _WIDTH > len(table) * 2:
            self._rehash(2 * len(table))
        return True

    def _rehash(self, size_bytes: int) -> None:
        old, table, self.hashed = self.table, bytearray(size_bytes), 0
        for start in range(0, len(old), _WIDTH):
            digest = bytes(old[start : start + _WIDTH])
            if digest != _FREE:
                place = _probe(table, digest)
                table[place : place + _WIDTH] = digest
                self.hashed += 1
        self.table = table


def _scan(table: bytes, digest: bytes) -> bool:
    place = table.find(digest)
    while place > 0 and place % _WIDTH:  # the bytes of two neighbours may look like a third id
        place = table.find(digest, place + 1)
    return place >= 0


def _probe(table: bytearray, digest: bytes) -> int:
    """The place of the digest, or the free one where it belongs. Each id takes steps of its own, so that ids chosen to
    begin at one place do not queue up behind each other."""
    mask = len(table) // _WIDTH - 1
    place = int.from_bytes(digest[:4], "little") & mask
    step = int.from_bytes(digest[4:], "little") | 1
    while True:
        found = table[place * _WIDTH : (place + 1) * _WIDTH]
        if found in (digest, _FREE):
            return place * _WIDTH
        place = (place + step) & mask
