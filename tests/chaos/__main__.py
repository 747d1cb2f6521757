"""The command line of the crash loop. Exit code 0: nothing was lost and nothing doubled; 1: the folder is kept."""

import argparse
import secrets
import sys
import tempfile
from itertools import islice
from pathlib import Path

from tests.chaos.campaign import Campaign
from tests.chaos.faults import chosen, drawn
from tests.chaos.plan import Plan
from tests.chaos.report import recorded, shown


def main() -> int:
    told = arguments()
    seed = told.seed or secrets.token_hex(3)
    plan = Plan(
        seed=seed,
        faults=islice(drawn(chosen(told.only), seed), told.kills),
        seconds=told.minutes * 60,
        events_per_s=told.rate,
        shards=told.shards,
    )
    folder = Path(tempfile.mkdtemp(prefix=f"sessiond-chaos-{seed}-"))
    again = f"python -m tests.chaos --seed {seed} --minutes {told.minutes:g} (what was recorded is in {folder})"
    print(f"Chaos: {again}", flush=True)
    campaign = Campaign(plan, folder)
    try:
        result = campaign.run()
    except BaseException:
        print(f"The run did not come to its end. Again: {again}", file=sys.stderr)
        raise
    print(shown(plan, result))
    if result.verdict.problems:
        print(f"It does not hold. Again: {again}", file=sys.stderr)
        return 1
    if told.record:
        recorded(plan, result)
    campaign.forget()
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0, help="of faults (20)")
    parser.add_argument("--kills", type=int, default=None, help="stop after so many faults")
    parser.add_argument("--seed", default="", help="which faults and which traffic; without it a new one")
    parser.add_argument("--only", default="", help="faults whose name holds one of these words: shard,everything")
    parser.add_argument("--rate", type=float, default=300.0, help="events a second (300)")
    parser.add_argument("--shards", type=int, default=2, help="(2)")
    parser.add_argument("--record", action="store_true", help="write the figures to docs/reliability.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
