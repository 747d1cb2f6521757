"""How long a shard has been silent, counted by the ticks it did not answer and not by a clock: a gateway or a machine
that was stopped for a while has not waited for anybody."""


class Silence:
    """`absent_ms`: no answer for whatever reason. `hung_ms`: the process is there, but takes no call."""

    def __init__(self) -> None:
        self.absent_ms = 0
        self.hung_ms = 0

    def answered(self) -> None:
        self.absent_ms = self.hung_ms = 0

    def lost(self, tick_ms: int) -> None:
        """The process is gone, or starts: it is for Ray to bring it back, and a large shard takes its time."""
        self.absent_ms += tick_ms
        self.hung_ms = 0

    def timed_out(self, waited_ms: int) -> None:
        self.absent_ms += waited_ms
        self.hung_ms += waited_ms

    def killed(self) -> None:
        """The next one gets as long as this one."""
        self.hung_ms = 0
