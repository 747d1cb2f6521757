"""What became of the requests of a flood: each is in exactly one count."""

import re
from collections import Counter
from typing import Final

import msgspec

BATCH_EVENTS: Final = 100
_ACCEPTED: Final = re.compile(rb'"accepted":(\d+)')
_CODE: Final = re.compile(rb'"code":"(\w+)"')


class Told(msgspec.Struct):
    """Requests: `sent` = those of `answers` (by "200" or "503 overloaded") + `unanswered`. Events: `accepted`.
    `without_retry_after`: refusals (429, 503) that do not say when to come back. Latencies are those of 200s."""

    seconds: float = 0.0
    sent: int = 0
    unanswered: int = 0
    late: int = 0  # left more than 5 ms after their moment
    answers: Counter[str] = msgspec.field(default_factory=Counter)
    accepted: int = 0
    without_retry_after: int = 0
    latencies_ms: list[float] = []

    @property
    def served(self) -> int:
        return self.answers["200"]

    @property
    def in_doubt(self) -> int:
        """Events that may have been stored, though nobody said so."""
        return (self.unanswered + self.answers["503 shard_unavailable"]) * BATCH_EVENTS

    def latency_ms(self, percent: float) -> float:
        ordered = sorted(self.latencies_ms)
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))], 1) if ordered else 0.0

    def take(self, status: int, head: bytes, body: bytes, waited_s: float) -> None:
        if status == 200:
            found = _ACCEPTED.search(body)
            self.accepted += int(found[1]) if found else 0
            self.answers["200"] += 1
            self.latencies_ms.append(waited_s * 1000)
            return
        code = _CODE.search(body)
        self.answers[f"{status} {code[1].decode() if code else '?'}"] += 1
        self.without_retry_after += status in (429, 503) and b"\r\nretry-after: " not in head
