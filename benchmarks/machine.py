"""What the figures were measured on, without names that would say whose it is."""

import os
import platform
import re
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import Final

from benchmarks.results import Machine
from cli.checks import sync_times_ms

_REQUIREMENTS: Final = Path(__file__).parent / "peers"
_PEERS: Final = ("bytewax", "pathway", "redis")
_PACKAGES: Final = ("ray", "chdb", "starlette", "uvicorn", "msgspec")


def describe(*, with_peers: bool = True) -> Machine:
    """Without the peers nothing but sessiond itself need be installed."""
    times_ms = sorted(sync_times_ms(Path(tempfile.gettempdir())))
    return Machine(
        cores=os.cpu_count() or 1,
        cpu=cpu_model(Path("/proc/cpuinfo").read_text()),
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        system=f"{platform.system()} {platform.machine()}",
        sync_p50_ms=round(times_ms[len(times_ms) // 2], 2),
        sync_p99_ms=round(times_ms[int(len(times_ms) * 0.99)], 2),
        versions={
            "python": platform.python_version(),
            **({"wrk": _wrk_version()} if with_peers else {}),
            **{p: version(p) for p in _PACKAGES},
            **(_peers() if with_peers else {}),
        },
    )


def cpu_model(cpuinfo: str) -> str:
    found = re.search(r"^model name\s*: (.+)$", cpuinfo, re.MULTILINE)
    return " ".join(found[1].split()) if found else "unknown"


def loop_ms() -> float:
    """The CPU time of a fixed loop: on a shared machine the cores themselves are fast at one time and slow at another,
    and figures of two runs are to be compared by it."""
    started_s, total = process_time(), 0
    for number in range(3_000_000):
        total += number & 3
    return round((process_time() - started_s) * 1000, 1)


def load_average() -> float:
    return round(os.getloadavg()[0], 1)


def _peers() -> dict[str, str]:
    told = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"v=(\S+)", told)
    pinned = "".join(file.read_text() for file in _REQUIREMENTS.glob("*.txt"))
    versions = dict(line.split("==") for line in pinned.split())
    return {"redis-server": found[1] if found else "unknown", **{name: versions[name] for name in _PEERS}}


def _wrk_version() -> str:
    """wrk ends with 1 after it told its version."""
    told = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"wrk (?:debian/)?([\w.+-]+)", told)
    return found[1] if found else "unknown"
