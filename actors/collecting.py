"""Python's search for reference cycles, held back in processes that make hardly any."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """While everything that stays is made: each search would look through all of it again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def calm_gc() -> None:
    """Call it when everything that stays is made. Sessions and requests hold no cycles that matter: looking for some
    among a million objects would only stop a shard, and slow a gateway."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
