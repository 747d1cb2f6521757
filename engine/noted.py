"""What a shard's detectors have done since the process started: for the metrics, and no part of any state."""

from collections import Counter
from collections.abc import Iterable

from engine.analysis import Anomaly


class Noted:
    def __init__(self) -> None:
        self.reported: Counter[str] = Counter()  # new anomalies by type
        self.errors: Counter[str] = Counter()  # by detector
        self.dropped = 0  # findings of sessions that hold as many anomalies as they may
        self.too_late = 0  # moments that came later than detectors can go back

    def say(self, changed: Iterable[Anomaly]) -> None:
        for anomaly in changed:
            if anomaly.version == 1:
                self.reported[anomaly.type] += 1

    def clear(self) -> None:
        self.reported.clear()
        self.errors.clear()
        self.dropped = self.too_late = 0
