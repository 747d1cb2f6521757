"""A file system of a few megabytes, and a file that takes its room away."""

import os
import subprocess
from pathlib import Path

_BLOCK = bytes(1 << 20)


class SmallDisk:
    """A context. Only root may mount: elsewhere `mount` fails with PermissionError and says why."""

    def __init__(self, folder: Path, size_mb: int) -> None:
        self.folder = folder
        self._size_mb = size_mb
        self._filler = folder / "filler"

    def __enter__(self) -> "SmallDisk":
        self.folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={self._size_mb}m", "tmpfs", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            message = f"a small disk cannot be mounted here: {done.stderr.strip()}"
            raise PermissionError(message)
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def free_mb(self) -> float:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize / 1e6

    def take(self, megabytes: int) -> None:
        with self._filler.open("ab") as file:
            for _ in range(megabytes):
                file.write(_BLOCK)

    def take_all(self) -> None:
        with self._filler.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(_BLOCK)
            except OSError:
                return

    def give_back(self) -> None:
        self._filler.unlink()
