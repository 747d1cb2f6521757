"""Runs wrk with `load.lua` and reads the one line that the script prints at the end.

One thread makes the load, because two cores carry the whole system; LuaJIT fills 30,000 events/s into their templates
with a tenth of a core.
"""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from benchmarks import templates
from benchmarks.failure import BenchmarkFailed
from benchmarks.traffic import Traffic

PATH: Final = "/api/v1/events"
_SCRIPT: Final = Path(__file__).with_name("load.lua")
_MARK: Final = "RESULT "
LATE_AFTER_MS: Final = 5
_SHARED: Final = ("batch", "rate", "first", "seconds", "connections", "events", "file")
_ANSWER_S: Final = 10  # the most that is waited for the last answers
_USER_AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """`batch`: events a request. `rate`: requests per second, 0 = each connection sends when it was answered.

    With a batch or a rate every answer is read and every request is answered before wrk ends; without, wrk only tells
    statuses of 400 and more, and stops in the middle. `first`: number of the first event, so that a later load goes
    on where the earlier one ended. `events`: with a batch or a rate, the load ends after so many, 0 = only by time.
    `file`: the events are its lines, one JSON text each, instead of `traffic`.
    """

    port: int
    connections: int
    seconds: int
    traffic: Traffic = Traffic(visitors=1)
    batch: int = 1
    rate: int = 0
    first: int = 0
    events: int = 0
    file: str = ""

    @property
    def rests(self) -> bool:
        return self.batch > 1 or self.rate > 0


class Told(msgspec.Struct, frozen=True):
    """What the script counted. `failures`: connections, reads, writes, timeouts and statuses >= 400. `late_requests`
    left more than LATE_AFTER_MS after their moment, `late_ms` is the worst of them."""

    requests: float
    sent: float
    answered: float
    accepted: float
    not_200: float
    failures: float
    duration_us: float
    first_ms: float
    last_ms: float
    late_ms: float
    late_requests: float
    p50_us: float
    p90_us: float
    p99_us: float
    max_us: float

    @property
    def requests_per_s(self) -> float:
        return self.requests / self.duration_us * 1e6


def run(load: Load) -> Told:
    """Blocks until the load is done. Raises BenchmarkFailed when an answer was no 200 or none came."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(plan(load))
        script.flush()
        seconds = load.seconds + (_ANSWER_S if load.rests else 0)
        address = f"http://127.0.0.1:{load.port}{PATH}"
        command = [
            "wrk",
            "-t1",
            f"-c{load.connections}",
            f"-d{seconds}s",
            "--timeout",
            "10s",
            "-s",
            script.name,
            address,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return checked(parsed(done.stdout + done.stderr), load)


def plan(load: Load) -> str:
    """The Lua script for one run: its parameters, then the script that all runs share."""
    fields = {
        "path": PATH,
        "late_after_ms": LATE_AFTER_MS,
        "user_agent": _USER_AGENT,
        "event_run": "5e551d00-0000-4000-8000-",
        "session_run": "5e551d00-0000-4000-9000-",
        **msgspec.structs.asdict(load.traffic),
        **{name: getattr(load, name) for name in _SHARED},
    }
    # JSON strings and numbers are Lua's as well.
    lines = [f"  {name} = {json.dumps(value)}," for name, value in fields.items()]
    cuts = [f"    {{ {', '.join(map(json.dumps, template))} }}," for template in templates.ALL]
    return "\n".join(
        ["plan = {", *lines, "  templates = {", *cuts, "  }", "}", f"dofile({json.dumps(str(_SCRIPT))})", ""]
    )


def parsed(output: str) -> Told:
    line = next((line for line in output.splitlines() if line.startswith(_MARK)), None)
    if line is None:
        message = f"wrk told no result: {output.strip()[-300:]}"
        raise BenchmarkFailed(message)
    return msgspec.json.decode(line.removeprefix(_MARK), type=Told)


def checked(told: Told, load: Load) -> Told:
    if told.failures or told.not_200 or not told.requests:
        message = (
            f"{told.failures:.0f} requests failed and {told.not_200:.0f} answers were no 200, of {told.requests:.0f}."
        )
        raise BenchmarkFailed(message)
    if load.rests and told.answered != told.sent:
        message = f"{told.sent - told.answered:.0f} of {told.sent:.0f} requests were not answered."
        raise BenchmarkFailed(message)
    return told
