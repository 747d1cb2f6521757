"""`python -m tests.corpus`: what the detectors make of the labelled streams. Exits with 1 when it is not all of it."""

import sys

from tests.corpus.cases import CASES
from tests.corpus.stream import streams
from tests.corpus.table import known, scores, table


def main() -> int:
    every = [stream for group in streams().values() for stream in group]
    by_type = scores(every)
    print(*table(by_type), sep="\n")
    print(
        f"\n{len(every)} streams; {len(CASES)} cases that look like it and are not. Reported though they should not be:"
    )
    print(*(f"- {said}" for said in known(every)), sep="\n")
    return int(any(score.false or score.missed for score in by_type.values()))


if __name__ == "__main__":
    sys.exit(main())
