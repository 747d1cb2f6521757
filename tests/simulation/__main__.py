"""`make simulation [EXAMPLES=n] [SEED=s]`: the campaign at any length, in pieces that each have a seed of their own."""

import argparse
import logging
import random
import time
from typing import Final

import structlog

from benchmarks import reliability
from tests.simulation.campaign import campaign
from tests.simulation.tally import Tally

_PIECE: Final = 500  # hypothesis remembers each run of a piece


def main() -> None:
    options = argparse.ArgumentParser(prog="make simulation", description=__doc__)
    options.add_argument("--examples", type=int, default=2_000, help="runs of the machine")
    options.add_argument("--seed", type=int, help="of the first piece; the next ones count on")
    options.add_argument("--record", action="store_true", help="write the figures to docs/reliability.json")
    chosen = options.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    first = random.SystemRandom().randrange(1_000_000) if chosen.seed is None else chosen.seed
    tally, begun_s = Tally(), time.monotonic()
    try:
        for piece, done in enumerate(range(0, chosen.examples, _PIECE)):
            examples = min(_PIECE, chosen.examples - done)
            print(f"seed {first + piece}, {examples} runs", flush=True)
            campaign(seed=first + piece, examples=examples, tally=tally)
    finally:
        print(*tally.lines(), f"{time.monotonic() - begun_s:.0f} s", sep="\n")
    if chosen.record:
        reliability.record("simulation", {"seed": first, **tally.figures()})


if __name__ == "__main__":
    main()
