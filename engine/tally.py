"""What a registry counts for the metrics."""

from collections import Counter


class Tally:
    """Counted since the registry was made; no part of its state."""

    def __init__(self) -> None:
        self.started = 0
        self.ended: Counter[str] = Counter()  # by end reason
