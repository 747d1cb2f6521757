"""The simulator alone: `python -m benchmarks.simulation` prints its speed on one core and its memory per session.

No server takes part. Speed is CPU time, which others on the machine disturb less than the time on the wall.
"""

import gc
import os
import sys
from time import process_time
from typing import Final

from benchmarks.memory import resident_bytes
from simulator.journey import Journey
from simulator.pace import MAX_SPEED
from simulator.producer import UserBehaviorProducer
from simulator.scenario import Scenario
from simulator.simulation import Simulation
from simulator.sink import StreamSink

START_MS: Final = 1_767_600_000_000
_CROWDED_PER_HOUR: Final = 20_000_000  # so that sessions come faster than they end


def events_per_s(events: int, sessions: int | None = None) -> float:
    """JSON lines of a whole run, written as `--sink stdout --speed max` writes them."""
    scenario = Scenario(seed=1, start_ms=START_MS, events=events, sessions=sessions)
    with open(os.devnull, "wb") as out:
        producer = UserBehaviorProducer(scenario=scenario, sink=StreamSink(out), speed=MAX_SPEED)
        started_s = process_time()
        producer.run_continuous()
        return events / (process_time() - started_s)


def session_bytes(sessions: int) -> float:
    """By how much this process grows per session that is active."""
    fill(1_000)
    gc.collect()
    before_bytes = resident_bytes()
    simulation = fill(sessions)
    gc.collect()
    return (resident_bytes() - before_bytes) / len(simulation.crowd.active)


def fill(sessions: int) -> Simulation:
    simulation = Simulation(Scenario(seed=1, start_ms=START_MS, rate_per_hour=_CROWDED_PER_HOUR), Journey())
    while len(simulation.crowd.active) < sessions:
        simulation.next()
    return simulation


def main() -> None:
    mega_bytes = session_bytes(20_000) / 1_000
    for events, sessions in ((200_000, None), (500_000, 10_000)):
        about = f"{events:,} events" + (
            f" in {sessions:,} sessions" if sessions else ", sessions as the seed makes them"
        )
        sys.stdout.write(f"{events_per_s(events, sessions):,.0f} events/s ({about})\n")
    sys.stdout.write(f"{mega_bytes:.2f} MB per 1,000 active sessions\n")


if __name__ == "__main__":
    main()
