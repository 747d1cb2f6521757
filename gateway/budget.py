"""How many bytes requests may hold together: ten thousand small requests are nothing, ten thousand large ones are all
memory there is."""

from itertools import cycle

from engine.errors import RETRY_AFTER_MS, Wait


class Budget:
    """Of one event loop. What is taken is given back by who took it, whatever happens."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._retry_after_ms = cycle(RETRY_AFTER_MS)
        self.held_bytes = 0

    def require(self, size_bytes: int) -> None:
        """Raises Wait when less is free now. What is larger than all there is may come when it is alone."""
        if self.held_bytes and self.held_bytes + size_bytes > self._max_bytes:
            message = f"Requests under way hold {self.held_bytes} bytes of the {self._max_bytes} that they may."
            raise Wait(message, "overloaded", next(self._retry_after_ms))

    def take(self, size_bytes: int) -> None:
        """Raises Wait when less is free."""
        if self.held_bytes + size_bytes > self._max_bytes:
            self.require(size_bytes)
        self.held_bytes += size_bytes

    def give_back(self, size_bytes: int) -> None:
        self.held_bytes -= size_bytes
