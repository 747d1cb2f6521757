"""The rulebook of a shard and its way through the journal: frames of the kind "rules" hold a book each, in force for
the frames after them."""

from collections.abc import Callable

from engine.book import Dated, decode_book, encode_book
from engine.config import Config
from engine.rulebook import Rulebook, configured
from engine.wire import Outcome, encode
from persistence.journal import Frame, Journal

RULES = "rules"


class ShardRules:
    """`on_change` is called whenever the book is another one, with the time of the frame that says so (0 = the
    snapshot does)."""

    def __init__(self, journal: Journal, config: Config, *, on_change: Callable[[int], None]) -> None:
        self._journal = journal
        self._on_change = on_change
        self.rulebook = Rulebook(configured=configured(config))

    @property
    def version(self) -> int:
        return self.rulebook.book.version

    def encoded(self) -> bytes:
        return encode_book(self.rulebook.book)

    def load(self, saved: list[Dated], replay_after: int) -> None:
        self.rulebook.load(saved, replay_after)
        self._on_change(0)

    def replay(self, frame: Frame) -> None:
        self._take(frame.body, frame.received_ms, frame.seq)

    def settle(self, now_ms: int) -> None:
        """After the replay: the configuration may have changed since the last start."""
        wanted = self.rulebook.wanted()
        if wanted is not self.rulebook.book:
            self._write(encode_book(wanted), now_ms)

    def configure(self, book: bytes, now_ms: int) -> int:
        """On disk when it returns. A book that is no newer than this one changes nothing."""
        if decode_book(book).version > self.version:
            self._write(book, now_ms)
        return self.version

    def _write(self, book: bytes, now_ms: int) -> None:
        self._take(book, now_ms, self._journal.append(RULES, now_ms, book, encode(Outcome())))

    def _take(self, book: bytes, now_ms: int, seq: int) -> None:
        self.rulebook.take(decode_book(book), seq)
        self._on_change(now_ms)
