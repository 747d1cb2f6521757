"""What a shard saves besides its sessions."""

import msgspec

from engine.book import Dated
from engine.numbering import Numbering
from engine.own import Own
from engine.poison import Isolated


class Snapshot(msgspec.Struct, array_like=True):
    """New fields go to the end with a default, so that version N reads the snapshot of N-1."""

    own: Own = msgspec.field(default_factory=Own)
    numbering: Numbering = msgspec.field(default_factory=Numbering)
    isolated: Isolated = msgspec.field(default_factory=Isolated)
    rules: list[Dated] = []  # the book in force where a replay begins; [] = the defaults


decode_snapshot = msgspec.msgpack.Decoder(Snapshot).decode
