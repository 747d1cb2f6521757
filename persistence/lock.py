"""One process at a time on a folder."""

import fcntl
import os
import time
from pathlib import Path

from engine.errors import JournalLocked


def take_lock(folder: Path, wait_ms: int) -> int:
    """An flock that the kernel frees when its process dies, however it dies."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + wait_ms / 1000
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                message = f"{folder} is in use by another process; stop it, or choose another data folder."
                raise JournalLocked(message) from None
            time.sleep(0.05)
        else:
            return descriptor
