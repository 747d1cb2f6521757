"""What a campaign went through."""

from collections import Counter

from tests.simulation.world import World


class Tally:
    def __init__(self) -> None:
        self.runs = 0
        self.steps = 0
        self.frames = 0
        self.acked = 0
        self.deaths: Counter[str] = Counter()
        self.strikes: Counter[str] = Counter()
        self.operations = 0

    def add(self, world: World, acked: int) -> None:
        """The end of a run."""
        self.runs += 1
        self.frames += world.history.last_seq
        self.acked += acked
        self.deaths += world.deaths
        self.strikes.update(strike.kind for strike in world.disk.strikes)
        self.operations += world.disk.operations.total()

    def figures(self) -> dict[str, int]:
        """For docs/reliability.json."""
        return {
            "runs": self.runs,
            "steps": self.steps,
            "acked": self.acked,
            "frames": self.frames,
            "operations": self.operations,
            "deaths": self.deaths.total(),
            "disk_faults": self.strikes.total(),
        }

    def lines(self) -> list[str]:
        return [
            f"{self.runs} runs, {self.steps} steps, {self.acked} events acked, {self.frames} frames,"
            f" {self.operations} operations on the disk",
            f"{self.deaths.total()} processes died: {_listed(self.deaths)}",
            f"{self.strikes.total()} faults of the disk came true: {_listed(self.strikes)}",
        ]


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"
