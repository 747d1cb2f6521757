"""The text of docs/simulator.md, its tables made from the simulator's own; its Python examples run as a test."""

from collections.abc import Iterable, Iterator
from typing import Final

from simulator.devices import DEVICES
from simulator.tables import EVENT_TYPES, PLACES, REFERRERS, SEGMENTS, TIME_PATTERNS, TRANSITIONS
from simulator.troubles import PLANNERS

_HEAD: Final = """\
# The simulator

Made from `simulator/` by `python -m cli.documents`; do not edit by hand.

`sessiond simulate` makes the traffic of a shop; `sessiond simulate --help` lists every flag. All randomness comes from
`--seed`, and no clock takes part in what is made: with `--start` and `--speed max` a week of traffic takes seconds, and
every run writes the same bytes. `--rate` is per hour and counts all events, `--rate-per-second` per second; the factors
of the hour apply unless `--steady` is given. `--events` and `--sessions` are met exactly.

An ordinary session ends with `session_end`. Nobody does nothing for longer than 25 minutes, and nobody is back within
an hour, so that sessions are the same whether they are told by `session_id` or by user and a gap of 30 minutes.

In Python:

```python
from simulator import UserBehaviorProducer

producer = UserBehaviorProducer(generation_rate=5000.0, session_duration_range=(60, 1800))
event = producer.generate_message()
print(f"Generated: {event['event_type']}")

producer.journey_transitions["page_view"]["add_to_cart"] = 0.15  # holds from the next event on

sessions = {}
for _ in range(1000):
    event = producer.generate_message()
    sessions.setdefault(event["session_id"], []).append(event)
print(f"Generated {len(sessions)} sessions, {len(producer.active_sessions)} of them are active")
```

Without a `sink`, `run_continuous` sends to Kafka, `topic` at `bootstrap_servers`: the key is the session id, and a
missing topic is made with 12 partitions, 3 replicas (fewer where there are fewer brokers), lz4 and 3 days.

`generate_message` does not wait: its events carry simulated time. `run_continuous` sends each when it is due, or at
once with `speed=math.inf`, and gives the metrics; `stop()` ends it from a signal handler.

```python
import math, sys
from simulator.sink import StreamSink

producer = UserBehaviorProducer(sink=StreamSink(sys.stdout.buffer), speed=math.inf)
producer.run_continuous(duration_seconds=300)
metrics = producer.get_metrics()
print(f"Success Rate: {metrics['success_rate']:.2f}%")
print(f"Active Sessions: {len(producer.active_sessions)}")
```
"""

_TROUBLE: Final = """
## People in trouble

`--troubled SHARE` or `--trouble KIND=SHARE` plants these; `--truth FILE` writes what really happened, one JSON line
each with `session_id`, `type`, `started_at`, `event_ids`, `details`, and the run itself last. What arises by chance
(`repeated_action`, `rapid_fire`) is in the truth as well. `sessiond simulate --check URL --truth FILE` compares it with
what a server reported: right are reports that share an event with a fact of the same session and type.

| kind | what happens |
|---|---|
"""


def page() -> str:
    return _HEAD + "".join(_sections())


def _sections() -> Iterator[str]:
    yield _TROUBLE + "".join(_row(kind, _said(planner.__doc__)) for kind, planner in PLANNERS.items())
    events = ((name, f"{found.weight:g}", found.description) for name, found in EVENT_TYPES.items())
    yield _table("Event types", "type | weight | what", events)
    yield "\nShares of their sum; they decide how a session begins and what follows a type without a row.\n"
    yield _table("Journeys", "after | chances", ((name, _chances(row)) for name, row in TRANSITIONS.items()))
    segments = ((n, f"{s.share:.0%}", f"{s.length:g}", s.behaviour) for n, s in SEGMENTS.items())
    yield _table("Segments", "segment | share | times the session length | behaviour", segments)
    yield _table("Time patterns", "when | factor", ((p.name, f"{p.factor:g}") for p in TIME_PATTERNS))
    yield "\nThe factors of all that hold are multiplied. The hours are UTC, or those of `--timezone`.\n"
    yield _table("Devices", "device | share", ((name, f"{found.share:g}%") for name, found in DEVICES.items()))
    referrers = ((name, f"{found.share:.0%}", ", ".join(found.sources)) for name, found in REFERRERS.items())
    yield _table("Referrers", "type | share | from", referrers)
    yield _table("Places", "city | country | time zone", ((p.city, p.country, p.timezone) for p in PLACES))


def _chances(row: dict[str, float]) -> str:
    return ", ".join(f"{name} {chance:g}" for name, chance in row.items())


def _table(title: str, head: str, rows: Iterable[tuple[str, ...]]) -> str:
    lines = "".join(_row(*row) for row in rows)
    return f"\n## {title}\n\n| {head} |\n|{'---|' * len(head.split('|'))}\n{lines}"


def _row(name: str, *cells: str) -> str:
    return f"| `{name}` | " + " | ".join(cells) + " |\n"


def _said(docstring: str | None) -> str:
    return " ".join((docstring or "").split())
