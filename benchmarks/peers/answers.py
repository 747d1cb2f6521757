"""The answers of every contestant in one form: a line `user_id,first_ms,last_ms,events` per session, sorted."""

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Answer(NamedTuple):
    user_id: str
    first_ms: int
    last_ms: int
    events: int


def write(answers: Iterable[Answer], file: Path) -> None:
    file.write_text("".join(sorted(f"{','.join(map(str, answer))}\n" for answer in answers)), encoding="utf-8")


def tell(seconds: float, **more: float) -> None:
    """The one line that `benchmarks.peer` reads."""
    sys.stdout.write(json.dumps({"seconds": seconds, **more}) + "\n")


def to_ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
