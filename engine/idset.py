"""A set of 64-bit hashes in one bytearray: 8 bytes an id while small, a half-empty hash table later.

A Python set of 50 ints takes 4 KB; this takes 0.4 KB, is its own snapshot, and a lookup stays below a microsecond.
"""

from typing import Final

import msgspec
import xxhash

_WIDTH: Final = 8
_FREE: Final = bytes(_WIDTH)
_SMALL: Final = 64  # up to so many ids a plain scan is faster than probing


def hash_id(text: str) -> bytes:
    """8 bytes that are never all zero: zero marks a free place in the table."""
    digest = xxhash.xxh3_64_digest(text.encode())
    return digest if digest != _FREE else b"\1" * _WIDTH


class IdSet(msgspec.Struct, array_like=True, gc=False):
    """Grows without bound: the owner counts and decides."""

    table: bytearray = msgspec.field(default_factory=bytearray)
    count: int = 0

    def __contains__(self, digest: bytes) -> bool:
        if self.count <= _SMALL:
            return _scan(self.table, digest)
        place = _probe(self.table, digest)
        return self.table[place : place + _WIDTH] == digest

    def add(self, digest: bytes) -> bool:
        """True if it was new."""
        if self.count < _SMALL:
            if digest in self.table and _scan(self.table, digest):
                return False
            self.table += digest
            self.count += 1
            return True
        if self.count == _SMALL or (self.count + 1) * 3 > len(self.table) // _WIDTH * 2:
            if digest in self:
                return False
            self._grow()
        place = _probe(self.table, digest)
        if self.table[place : place + _WIDTH] == digest:
            return False
        self.table[place : place + _WIDTH] = digest
        self.count += 1
        return True

    def _grow(self) -> None:
        old = self.table
        self.table = bytearray(_WIDTH * 4 * _SMALL if self.count == _SMALL else len(old) * 2)
        for start in range(0, len(old), _WIDTH):
            digest = bytes(old[start : start + _WIDTH])
            if any(digest):
                place = _probe(self.table, digest)
                self.table[place : place + _WIDTH] = digest


def _scan(table: bytearray, digest: bytes) -> bool:
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
