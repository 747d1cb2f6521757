"""Where messages go. The two sinks that need nothing: a stream such as standard output, and one that only counts."""

from collections.abc import Sequence
from typing import BinaryIO, NamedTuple, Protocol

from simulator.errors import SimulatorError
from simulator.message import Message


class Sent(NamedTuple):
    """What became of a batch: messages that arrived, messages that did not, and the bytes of those that did."""

    taken: int
    lost: int
    size_bytes: int


class SinkGone(SimulatorError):
    """Nobody reads any more: the run ends."""


class Sink(Protocol):
    """`send` keeps the order and blocks until it knows what became of the batch, of at most `batch_size` messages. It
    raises only when going on makes no sense; what is lost for other reasons it counts."""

    batch_size: int

    def send(self, batch: Sequence[Message]) -> Sent: ...
    def close(self) -> None: ...


class StreamSink:
    """JSON lines into a binary stream, which stays open."""

    batch_size = 1_000

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def send(self, batch: Sequence[Message]) -> Sent:
        data = "".join([message.text for message in batch]).encode()
        try:
            self._out.write(data)
            self._out.flush()
        except BrokenPipeError as error:
            message = "Nobody reads the output any more."
            raise SinkGone(message) from error
        return Sent(len(batch), 0, len(data))

    def close(self) -> None:
        """The stream belongs to who opened it."""
