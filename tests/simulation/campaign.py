"""Runs of the machine, as many as wanted, all of them a function of one seed.

When a run fails, hypothesis makes it as short as it can and shows its steps, and `campaign` says how to repeat it:

    make simulation SEED=123 EXAMPLES=150
"""

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.machine import Machine
from tests.simulation.tally import Tally

_STEPS = 50  # of a run


def campaign(*, seed: int, examples: int, tally: Tally) -> None:
    """Raises what the first run that fails raised."""

    @hypothesis.seed(seed)
    def machine() -> Machine:
        return Machine(tally)

    try:
        run_state_machine_as_test(machine, settings=_settings(examples))  # type: ignore[arg-type]
    except BaseException as error:
        error.add_note(f"To repeat it: make simulation SEED={seed} EXAMPLES={examples}")
        raise


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=_STEPS,
        deadline=None,
        database=None,
        print_blob=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
