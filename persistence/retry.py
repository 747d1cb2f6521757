"""When to try again: doubling waits with a jitter that is a function of its arguments, so that a test can name it."""

import msgspec
import xxhash


class Backoff(msgspec.Struct, frozen=True):
    """Waits from `min_ms` to `max_ms`. The attempt that failed first is number 1.

    Up to a quarter of each wait is taken off, so that shards that failed together do not come back together.
    """

    min_ms: int
    max_ms: int

    def delay_ms(self, attempt: int, seed: str) -> int:
        """The wait after the failed `attempt`; the same `seed` gives the same wait."""
        whole_ms = self._doubled_ms(attempt)
        return whole_ms - whole_ms * _jitter_permille(attempt, seed) // 4000

    def longest_ms(self, seed: str) -> int:
        """The wait for what only a person can repair."""
        return self.max_ms - self.max_ms * _jitter_permille(0, seed) // 4000

    def _doubled_ms(self, attempt: int) -> int:
        # Without the bound on the exponent a store that is away for days would make a number of thousands of bits.
        doublings = min(attempt - 1, self.max_ms.bit_length())
        return min(self.max_ms, self.min_ms << doublings)


def _jitter_permille(attempt: int, seed: str) -> int:
    return xxhash.xxh32_intdigest(f"{seed}:{attempt}".encode()) % 1000
