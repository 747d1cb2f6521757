"""What can happen to a server, by name: which processes are hit, how, and how often beside the others."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final, Literal, NamedTuple

GATEWAY: Final = "gateway"
SHARD: Final = "ray::ShardShell"
STORE: Final = "ray::StoreShell"
MONITOR: Final = "ray::Monitor"
AGENT: Final = "ray::RuntimeEnvAgent"
RAYLET: Final = "/raylet/raylet"
GCS: Final = "/gcs/gcs_server"


class Fault(NamedTuple):
    """`targets`: words in the titles of the processes, `GATEWAY` for the served one. `accepts`: events must be acked
    while a pause lasts; else the clock that stops with the next ack starts when it is over. `alerts`: also the time
    until an event that came after it is in an alert is taken."""

    name: str
    how: Literal["kill", "pause", "fence", "everything", "restart", "supervisor"]
    targets: tuple[str, ...] = ()
    weight: int = 1
    accepts: bool = False
    alerts: bool = False


FAULTS: Final = (
    Fault("kill shard", "kill", (SHARD,), 12),
    Fault("kill gateway", "kill", (GATEWAY,), 10),
    Fault("kill store", "kill", (STORE,), 8),
    Fault("kill monitor", "kill", (MONITOR,), 4, alerts=True),
    Fault("kill shard and monitor", "kill", (SHARD, MONITOR), 3),
    Fault("kill shard and store", "kill", (SHARD, STORE), 4),
    Fault("kill gateway and shard", "kill", (GATEWAY, SHARD), 3),
    Fault("kill raylet agent", "kill", (AGENT,), 1),
    Fault("kill raylet", "kill", (RAYLET,), 1),
    Fault("kill gcs", "kill", (GCS,), 1),
    Fault("kill everything", "everything", (), 4),
    Fault("pause shard", "pause", (SHARD,), 2),
    Fault("pause store", "pause", (STORE,), 1, accepts=True),
    Fault("pause monitor", "pause", (MONITOR,), 1, accepts=True),
    Fault("pause gateway", "pause", (GATEWAY,), 1),
    Fault("pause shard, kill gateway", "fence", (SHARD, GATEWAY), 2),
    Fault("hang shard", "fence", (SHARD,), 1),
    Fault("kill supervisor", "supervisor", (), 1),
    Fault("rolling restart", "restart", (), 2),
)


def chosen(names: str) -> tuple[Fault, ...]:
    """Those whose name holds one of the words of a comma-separated list; all for "". Raises ValueError for none."""
    words = [word.strip() for word in names.split(",")]
    found = tuple(fault for fault in FAULTS if any(word in fault.name for word in words))
    if not found:
        message = f"no fault is called {names!r}; there are: {', '.join(fault.name for fault in FAULTS)}"
        raise ValueError(message)
    return found


def drawn(faults: Sequence[Fault], seed: str) -> Iterator[Fault]:
    """One after the other without end, each as often as its weight says."""
    chance, weights = Random(seed), [fault.weight for fault in faults]
    while True:
        yield from chance.choices(faults, weights)


def named(name: str) -> Fault:
    return next(fault for fault in FAULTS if fault.name == name)
