"""Waits double up to a bound, and shards that failed together do not come back together."""

from hypothesis import given
from hypothesis import strategies as st

from persistence.retry import Backoff

BACKOFF = Backoff(min_ms=500, max_ms=30_000)


@given(st.integers(1, 100_000), st.text(max_size=5))
def test_a_wait_is_at_most_a_quarter_below_its_doubled_length(attempt: int, seed: str) -> None:
    whole_ms = min(30_000, 500 * 2 ** min(attempt - 1, 20))
    assert whole_ms * 3 // 4 <= BACKOFF.delay_ms(attempt, seed) <= whole_ms


def test_the_same_seed_gives_the_same_wait_and_others_differ() -> None:
    delays = [BACKOFF.delay_ms(3, f"clickhouse:{shard}") for shard in range(8)]
    assert delays == [BACKOFF.delay_ms(3, f"clickhouse:{shard}") for shard in range(8)]
    assert len(set(delays)) > 4


def test_the_longest_wait_is_the_bound_less_the_jitter() -> None:
    assert 22_500 <= BACKOFF.longest_ms("s") <= 30_000
