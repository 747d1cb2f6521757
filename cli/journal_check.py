"""What `sessiond doctor` says of the data folder: every journal looked through, and the sinks' positions in them.

Beside a running server or without one; nothing is changed.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cli.checks import Finding
from engine.config import Config
from engine.errors import OperatorError
from persistence.inspection import Inspected, inspect, positions
from persistence.journal import FILE
from persistence.journal_format import FORMAT

LIMIT_S: Final = 30.0  # for all journals: about 10 GB that are in memory


def journals(config: Config) -> Iterator[Finding]:
    folder = Path(config.data_dir)
    shards = sorted(folder.glob("shard-*"), key=lambda shard: (len(shard.name), shard.name))
    if not any((shard / FILE).exists() for shard in shards):
        yield Finding("journal", "ok", f"{folder} holds no data yet.")
        return
    # First: what is stored meanwhile may be newer than what is read next.
    sinks, stored = _positions(folder / "sinks.db")
    deadline_s = time.monotonic() + LIMIT_S
    for shard in shards:
        yield from _journal(shard, stored, deadline_s)
    yield sinks


def _journal(shard: Path, stored: list[tuple[str, str, int]], deadline_s: float) -> Iterator[Finding]:
    try:
        found = inspect(shard, is_over=lambda: time.monotonic() > deadline_s)
    except (OperatorError, OSError) as error:
        message = error.message if isinstance(error, OperatorError) else str(error)
        yield Finding("journal", "fail", f"{shard.name}: {message}")
        return
    if found is None:
        yield Finding("journal", "ok", f"{shard.name} holds no data yet.")
        return
    yield _described(shard.name, found)
    for sink, journal_id, done_seq in stored:
        if journal_id == found.journal_id and done_seq > found.last_seq:
            sentence = f"{shard.name}: the journal ends at frame {found.last_seq}, but {sink} has stored {done_seq}; "
            yield Finding("journal", "fail", sentence + "an old copy was restored, take the newest one.")


def _described(name: str, found: Inspected) -> Finding:
    size = f"{found.size_bytes / 1e6:,.1f} MB"
    kept = f"{found.live:,} live and {found.ended:,} ended sessions"
    if not found.is_complete:
        seen = f"frames up to {found.looked_seq:,} of {found.last_seq:,}, {kept} are whole"
        return Finding("journal", "warn", f"{name}: {seen}; {LIMIT_S:.0f} s were not enough for {size}.")
    if found.format != FORMAT:
        sentence = f"{name}: format {found.format}, {found.frames:,} frames are whole; the next start brings it to "
        return Finding("journal", "ok", f"{sentence}format {FORMAT}.")
    return Finding(
        "journal", "ok", f"{name}: {found.frames:,} frames (to {found.last_seq:,}), {kept} are whole ({size})."
    )


def _positions(path: Path) -> tuple[Finding, list[tuple[str, str, int]]]:
    """(sink, journal id, last frame stored) of every journal; how that reads as a finding."""
    if not path.exists():
        return Finding("sinks", "ok", "Nothing was stored yet."), []
    try:
        found = positions(path)
    except OperatorError as error:
        return Finding("sinks", "fail", error.message), []
    names = sorted({sink for sink, _, _ in found})
    return Finding("sinks", "ok", f"The positions of {', '.join(names) or 'no sink'} are readable."), found
