"""`python -m benchmarks.long_session [EVENTS]`: one session that never ends, of events of every kind: how large its
state gets, and whether the last events cost more than the first.
"""

import random
import sys
from collections.abc import Iterator
from itertools import islice
from time import process_time
from typing import Final

from benchmarks.fold import new_registry
from engine.config import Config
from engine.registry import Registry
from engine.session import encode_session
from engine.wire import Batch, Click, Event

EVENTS: Final = 1_000_000
_KINDS: Final = ("page_view", "click", "click", "search", "typing", "send", "back", "scroll", "js_error", "mouse_move")
_STEP_MS: Final = 50  # a million of them are 14 hours: one session, within the longest that may be
_PARTS: Final = 10
_START_MS: Final = 1_767_355_200_000


def events(count: int) -> Iterator[Event]:
    """The same in every run. Every thirtieth is of a type that never came before."""
    chance = random.Random(1)
    for number in range(count):
        kind = f"type_{number}" if number % 30 == 0 else chance.choice(_KINDS)
        click = Click(chance.randrange(0, 400, 40), chance.randrange(0, 400, 40)) if kind == "click" else None
        path = f"/{chance.randrange(1_000)}"
        at_ms = _START_MS + number * _STEP_MS
        yield Event("default", f"{number:036}", "long", "u1", kind, at_ms, 0, "https://x" + path, path, click=click)


def main(count: int) -> None:
    """One line per tenth of the events."""
    registry, coming = new_registry(), events(count)
    for part in range(1, _PARTS + 1):
        load = list(islice(coming, count // _PARTS))
        seconds = fold(registry, load)
        [session] = registry.residents.live.values()
        state_bytes = len(encode_session(session))
        rate = len(load) / seconds
        print(f"{part * len(load):>9,} events  {state_bytes:>9,} bytes of state  {rate:>9,.0f} events/s")


def fold(registry: Registry, load: list[Event]) -> float:
    """CPU seconds."""
    size = Config().engine.max_call_events
    started_s = process_time()
    for first in range(0, len(load), size):
        some = load[first : first + size]
        registry.apply(Batch("bench", 1, some[-1].at_ms, some), some[-1].at_ms, 1)
    return process_time() - started_s


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS)
