"""Which part of the clicks on an element is usually in trouble."""

from typing import Final

import msgspec

MIN_CLICKS: Final = 50  # on an element in quiet windows; with fewer, nothing is said about it
_KEEP: Final = 0.5 ** (1 / 288)  # what is left of the past at each window with clicks: half after a day of 5 minutes
_SMALL: Final = 0.5  # as if so many troubles had been seen: none so far does not mean never


class Usual(msgspec.Struct, array_like=True):
    """Sums in which the past fades. `seen`: the minute that was learned last."""

    troubles: float = 0.0
    clicks: float = 0.0
    seen: int = 0

    def learn(self, minute: int, troubles: int, clicks: int) -> None:
        if clicks:
            self.troubles = self.troubles * _KEEP + troubles
            self.clicks = self.clicks * _KEEP + clicks
            self.seen = minute

    @property
    def rate(self) -> float | None:
        """None: not enough is known yet."""
        return (self.troubles + _SMALL) / (self.clicks + 1) if self.clicks >= MIN_CLICKS else None
