"""Drawing by weights that need not add up to one."""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from typing import Generic, TypeVar

from simulator.errors import SimulatorError

T = TypeVar("T")


class Weighted(Generic[T]):
    """`pick` takes a number from [0, 1), so that all randomness stays with the caller. Raises SimulatorError when
    a weight is negative or all are 0."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        values = list(weights.values())
        total = sum(values)
        if total <= 0 or min(values) < 0:
            message = f"The weights {dict(weights)!r} cannot be drawn from; none may be negative, one must be above 0."
            raise SimulatorError(message)
        self._items = list(weights)
        self._edges = [edge / total for edge in accumulate(values)][:-1]

    def pick(self, number: float) -> T:
        return self._items[bisect_right(self._edges, number)]
