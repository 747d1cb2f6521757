"""docs/reliability.md out of docs/reliability.json and the table of failures: `python -m benchmarks.reliability_page`.
A test compares the two."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from benchmarks import reliability
from benchmarks.failures import FAILURES, Failure

TARGET: Final = reliability.TARGET.with_suffix(".md")
_FIGURE: Final = re.compile(r"\{([^}]+)\}")

HEAD: Final = """\
# Reliability

Made by `python -m benchmarks.reliability_page` from `docs/reliability.json`, which the campaigns below write; do not
edit by hand.

## What is promised

- An event that was answered with 200 is on disk. It is stored once and is in its session, whatever process dies when.
- An event that was not answered may have been taken. Sent again with the same `event_id` it is not taken twice.
- A session ends 30 minutes after its last event came in, at the next tick (250 ms; up to 5 s while another shard
  hangs), and never before; after a restart not before the grace (60 s).
- What was received is accounted for: `GET /api/v1/ledger` says of every event what became of it, and the sum is right
  at every moment. `sessiond verify` asks ClickHouse whether it holds what was sent to it.
- Whatever grows has a bound, and at the bound there is an answer that says so.

## What is not

- One machine: if its disk is lost, so is what was on it. Copy the data folder, or keep ClickHouse elsewhere
  (`clickhouse.url`): then only what had not been sent yet is lost, about a second.
- A disk that says that it synced and did not.
- Fairness: there are no limits per client, so one that is let in can use up those that all share.
- Two copies of one event of which one comes before and one after the limit of late events, likewise.
- An event that kills the process of the store instead of that of its shard, or a session that cannot be written down,
  stops that process again and again; nobody knows one.
- More than one damaged byte in the very last transaction of a log looks like a torn write, and is dropped as one.
- Two copies of an event more than 24 hours apart, or in a session of more than 10,000 events, count twice in that
  session; the store keeps one of them.
- The summary of a session that had more than 1,000 events a second for long, or an event that killed its process, lacks
  those events. They are stored, and flagged.

## When something fails

| what | what happens | how it is seen | measured | held by |
|---|---|---|---|---|
"""

CAMPAIGNS: Final[Mapping[str, str]] = {
    "chaos": """\
## The crash loop: `make chaos MINUTES=30`

A real server under load from clients that record every ack and send again what was not acked. Processes are killed
(SIGKILL) or paused (SIGSTOP) at random moments; the seed repeats which. In the end the clients' record is compared with
the rows of ClickHouse, one by one, and what the server says of its sessions with a fold of those rows; the ledger is
asked twice a second. Somebody changes the rules of detectors all the while: each version must be of one change, acked
or without an answer, the shards must agree on the last one, and each anomaly must show the thresholds of the version
that it names. What the monitor counted is compared with the rows by event type, its alerts with what they are about,
one by one. Times are until the next ack, or until an event after the fault was in an alert, with the clients at work
on the same cores.
""",
    "simulation": """\
## The simulation: `make simulation EXAMPLES=2000`

The real shard, journal and persister on SQLite whose disk is a program: it keeps what was synced apart from what was
written, forgets, tears and refuses. Every step is drawn from a seed, and after each the state must be the fold of the
journal. A run that fails prints the command that repeats it.
""",
    "overload": """\
## Three times too much: `make overload SECONDS=60`

Requests leave at their moments whatever the answers do, from the same two cores. Memory is that of each process.
""",
    "outage": """\
## After an outage: `python -m benchmarks.drain --record`

The store's process is stopped while events come in; then it goes on, and has to catch up while more come.
""",
}


def page(found: Mapping[str, Any]) -> str:
    rows = "".join(f"| {' | '.join(_cells(failure, found))} |\n" for failure in FAILURES)
    return "\n".join(
        [HEAD + rows, *(part for name in CAMPAIGNS if name in found for part in _campaign(name, found[name]))]
    )


def said(text: str, found: Mapping[str, Any]) -> str:
    """The sentence with its figures. Raises KeyError for a campaign, StopIteration for a figure that is not there."""
    return _FIGURE.sub(lambda match: _number(_looked_up(match[1], found)), text)


def _looked_up(path: str, found: Mapping[str, Any]) -> Any:
    campaign, _, rest = path.partition(".")
    value = found[campaign]
    while rest:
        name = next(name for name in value if rest == name or rest.startswith(name + "."))
        value, rest = value[name], rest[len(name) + 1 :]
    return value


def _cells(failure: Failure, found: Mapping[str, Any]) -> tuple[str, ...]:
    file, _, test = failure.test.partition("::")
    held = f"[{test.removeprefix('test_').replace('_', ' ')}](../{file})"
    return failure.what, failure.then, failure.seen, _measured(failure.figure, found) or "-", held


def _measured(figure: str, found: Mapping[str, Any]) -> str:
    """Which faults a run of the crash loop meets is drawn."""
    try:
        return said(figure, found)
    except StopIteration:
        return "not drawn in the recorded run"


def _campaign(name: str, figures: Mapping[str, Any]) -> Iterator[str]:
    yield CAMPAIGNS[name]
    machine = figures["machine"]
    yield f"{figures['date']}, {machine['cores']} cores ({machine['cpu']}), {machine['memory_gb']} GB.\n"
    yield "| what | figure |\n|---|---|"
    for label, value in _flat({key: value for key, value in figures.items() if key not in ("date", "machine")}):
        yield f"| {label} | {_number(value)} |"
    yield ""


def _flat(figures: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in figures.items():
        label = f"{above}{name.replace('_', ' ')}"
        if isinstance(value, dict) and all(not isinstance(inner, dict) for inner in value.values()):
            yield label, ", ".join(f"{key} {_number(inner)}" for key, inner in value.items())
        elif isinstance(value, dict):
            yield from _flat(value, f"{label}: ")
        else:
            yield label, value


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


if __name__ == "__main__":
    TARGET.write_text(page(reliability.read()), encoding="utf-8")
