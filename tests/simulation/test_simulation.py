"""The campaign at the size of a test. `make simulation EXAMPLES=5000` runs it longer; a run that fails prints the
command that repeats it."""

import random

from tests.simulation.campaign import campaign
from tests.simulation.tally import Tally

EXAMPLES = 200


def test_nothing_acked_is_lost_whatever_dies() -> None:
    campaign(seed=random.SystemRandom().randrange(1_000_000), examples=EXAMPLES, tally=Tally())


def test_a_seed_is_a_run() -> None:
    first, second = Tally(), Tally()
    for tally in (first, second):
        campaign(seed=7, examples=10, tally=tally)
    assert first.lines() == second.lines()
    assert first.runs >= 10
