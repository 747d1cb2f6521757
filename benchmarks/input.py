"""The input file: what the simulator makes, the same bytes on every machine, kept in .bench/ for the next run."""

import hashlib
import subprocess
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import results
from benchmarks.failure import BenchmarkFailed

_ROOT: Final = Path(__file__).parent.parent
FOLDER: Final = _ROOT / ".bench"
_SIMULATOR: Final = _ROOT / "simulator"
_START: Final = "2026-01-05T08:00:00Z"


class Size(NamedTuple):
    events: int
    sessions: int


FULL: Final = Size(1_000_000, 20_000)
SMALL: Final = Size(20_000, 400)


def whole(size: Size, folder: Path = FOLDER) -> Path:
    """The simulator's file of so many events, made when it is missing or older than the simulator. Raises
    BenchmarkFailed."""
    file = folder / f"events-{size.events}-{size.sessions}.jsonl"
    if not _is_fresh(file, _SIMULATOR.glob("*.py")):
        folder.mkdir(exist_ok=True)
        _make(size, file)
    return file


def prefix(size: Size, events: int, folder: Path = FOLDER) -> Path:
    """The first so many lines of it, as a file of their own."""
    if events >= size.events:
        return whole(size, folder)
    source = whole(size, folder)
    file = source.with_name(f"{source.stem}-first-{events}.jsonl")
    if not _is_fresh(file, [source]):
        part = file.with_suffix(".part")
        with source.open("rb") as lines, part.open("wb") as target:
            target.writelines(islice(lines, events))
        part.rename(file)
    return file


def describe(size: Size, folder: Path = FOLDER) -> results.Input:
    with whole(size, folder).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    command = " ".join(("sessiond", *_arguments(size, "FILE")))
    return results.Input(events=size.events, sessions=size.sessions, sha256=sha256, command=command)


def _is_fresh(file: Path, sources: Iterable[Path]) -> bool:
    return file.exists() and all(source.stat().st_mtime <= file.stat().st_mtime for source in sources)


def _make(size: Size, file: Path) -> None:
    """Renamed when it is whole: an interrupted run must not leave half of it."""
    part = file.with_suffix(".part")
    command = [str(Path(sys.executable).with_name("sessiond")), *_arguments(size, str(part))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"Making the input failed: {done.stderr[-500:]}"
        raise BenchmarkFailed(message)
    part.rename(file)


def _arguments(size: Size, out: str) -> list[str]:
    counts = f"--events {size.events} --sessions {size.sessions} --seed 1 --speed max"
    return ["simulate", *counts.split(), "--start", _START, "--sink", "file", "--out", out]
