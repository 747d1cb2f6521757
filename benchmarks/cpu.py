"""CPU seconds per kind of process below a server, from /proc: where the time goes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_KINDS: Final = (("ray::ShardShell", "shard"), ("ray::StoreShell", "store"), ("sessiond serve ", "gateway"))


def spent_s(root: int) -> dict[str, float]:
    """CPU seconds so far of the process and all below it, by kind; the rest of Ray is "ray"."""
    found = {"gateway": 0.0, "shard": 0.0, "store": 0.0, "ray": 0.0}
    for pid in tree(root):
        try:
            of, seconds = kind(pid), _seconds(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        found[of] += seconds
    return found


def difference(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {kind: after[kind] - before[kind] for kind in after}


def kind(pid: int) -> str:
    """Raises FileNotFoundError or ProcessLookupError when the process has ended."""
    return kind_of(_command(pid))


def kind_of(command: str) -> str:
    """Ray renames a worker after its actor and what it does: "ray::StoreShell.ping" -> "store"."""
    return next((kind for word, kind in _KINDS if word in command), "ray")


def tree(root: int) -> Iterator[int]:
    """The process and everything below it."""
    children: dict[int, list[int]] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit() and (parent := _parent(int(folder.name))) is not None:
            children.setdefault(parent, []).append(int(folder.name))
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children.get(pid, [])


def _stat(pid: int) -> list[str]:
    """The fields after the name, which may hold anything, so from the state on: 1 = parent, 11 = user, 12 = system."""
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _parent(pid: int) -> int | None:
    try:
        return int(_stat(pid)[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _seconds(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _command(pid: int) -> str:
    return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
