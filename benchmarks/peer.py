"""Runs a contestant that reads a file, in a process of its own; the peers by the Python of their own environment."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.failure import BenchmarkFailed
from benchmarks.input import FOLDER

ROOT = Path(__file__).parent.parent


class Run(msgspec.Struct, frozen=True):
    """`seconds` on the clock on the wall; `decode_s`: how many of them went into decoding, 0 = not told."""

    seconds: float
    decode_s: float = 0.0
    stored_s: float = 0.0  # until the last row was in ClickHouse, 0 = no rows


def ours(module: str, arguments: Sequence[str]) -> Run:
    return _run(sys.executable, module, arguments)


def peer(environment: str, module: str, arguments: Sequence[str]) -> Run:
    return _run(python_of(environment), f"benchmarks.peers.{module}", arguments)


def python_of(environment: str) -> str:
    """The Python of a peer's environment. Raises BenchmarkFailed when it is not set up."""
    python = FOLDER / f"venv-{environment}" / "bin" / "python"
    if not python.exists():
        message = f"The environment of {environment} is missing; `make peers` sets it up."
        raise BenchmarkFailed(message)
    return str(python)


def _run(python: str, module: str, arguments: Sequence[str]) -> Run:
    done = subprocess.run([python, "-m", module, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        message = f"{module} failed: {done.stderr[-1000:]}"
        raise BenchmarkFailed(message)
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Run)
