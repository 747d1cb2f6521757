"""The memory of a server's processes, second by second, and whether it grows."""

import os
import threading
from collections import defaultdict
from pathlib import Path
from typing import Final, Self

from benchmarks import cpu

_PERIOD_S: Final = 1.0
_MB: Final = 1_000_000
KINDS: Final = ("gateway", "shard", "store")


class Residents:
    """Watches from entry to exit. `samples_mb`: by kind of process, the sum over those of a kind."""

    def __init__(self, root: int) -> None:
        self._pids = _by_kind(root)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.samples_mb: dict[str, list[float]] = {kind: [] for kind in KINDS}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            for kind, samples in self.samples_mb.items():
                samples.append(round(sum(map(_resident_bytes, self._pids[kind])) / _MB, 1))
            if self._ended.wait(_PERIOD_S):
                return


def growth_per_min(samples: list[float]) -> float:
    """The slope of the straight line that fits the second half best, a sample a second: what is left when everything
    is warm."""
    half = samples[len(samples) // 2 :]
    middle, mean = (len(half) - 1) / 2, sum(half) / len(half)
    spread = sum((at - middle) ** 2 for at in range(len(half)))
    slope = sum((at - middle) * (value - mean) for at, value in enumerate(half)) / spread if spread else 0.0
    return round(slope * 60, 1)


def _by_kind(root: int) -> dict[str, list[int]]:
    found = defaultdict(list)
    for pid in cpu.tree(root):
        found[cpu.kind(pid)].append(pid)
    return found


def _resident_bytes(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
