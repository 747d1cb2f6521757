"""Looks after the processes below this one, where Ray does not: a shard that hangs is killed, and when Ray itself is
gone this process ends, for the supervisor to start everything anew."""

import asyncio
import os
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from actors.client import Client
from actors.ticker import Ticker

EXIT_ABSENT: Final = 71
MAX_ABSENCE_MS: Final = 60_000  # Ray brings a killed shard back in 1 s, one with a million sessions in 15
_LOOK_S: Final = 0.5
_log = structlog.get_logger(__name__)


class Node(Protocol):
    def dead(self) -> list[str]:
        """Ray's own processes that died."""

    def kill_shard(self, number: int) -> None:
        """Ray starts it again."""


class Guard:
    """`stop` asks the server to end, for damage that no restart mends; `end` ends this process with an exit code, at
    once: what is acked is on disk."""

    def __init__(
        self,
        client: Client,
        node: Node,
        ticker: Ticker,
        stop: Callable[[], object],
        end: Callable[[int], object] = os._exit,
    ) -> None:
        self._client = client
        self._node = node
        self._ticker = ticker
        self._stop = stop
        self._end = end

    async def run(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(_LOOK_S)

    def look(self) -> None:
        if self._client.damage() is not None:
            self._stop()
        elif dead := self._node.dead():
            _log.error("Ray has died; this process ends, everything starts anew", dead=dead)
            self._end(EXIT_ABSENT)
        elif (absent_ms := self._client.longest_absence_ms()) >= MAX_ABSENCE_MS:
            _log.error("a shard does not come back; this process ends, everything starts anew", absent_ms=absent_ms)
            self._end(EXIT_ABSENT)
        elif self._ticker.has_stopped():
            _log.error("the ticks have stopped; this process ends, everything starts anew")
            self._end(EXIT_ABSENT)
        for number in self._client.hung():
            _log.error("a shard hangs; it is killed and starts anew", shard=number)
            self._node.kill_shard(number)
