"""The flags of `sessiond simulate`, and what they become: a scenario. Seed 002's script and its command spell some of
them differently; both spellings are taken."""

import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from secrets import randbelow
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from simulator.pace import MAX_SPEED
from simulator.scenario import all_troubles

HOUR_S: Final = 3_600

Rate = Annotated[float | None, typer.Option(help="Events per hour.", show_default="5000")]
RatePerSecond = Annotated[float | None, typer.Option(help="Events per second, instead of --rate.")]
Duration = Annotated[float | None, typer.Option(help="Seconds of simulated time.", show_default="without end")]
Events = Annotated[int | None, typer.Option(help="Exactly so many events.", show_default="without end")]
Sessions = Annotated[int | None, typer.Option(help="Exactly so many sessions.", show_default="without end")]
Reuse = Annotated[float, typer.Option(help="Chance that an event belongs to a session that is there already.")]
Shortest = Annotated[
    float, typer.Option("--min-session-duration", "--min-session", help="Shortest session in seconds.")
]
Longest = Annotated[float, typer.Option("--max-session-duration", "--max-session", help="Longest session in seconds.")]
Seed = Annotated[int | None, typer.Option(help="The same number makes the same traffic.", show_default="drawn")]
Start = Annotated[
    str | None, typer.Option(metavar="TIME", help="Simulated time of the first event, ISO 8601.", show_default="now")
]
Speed = Annotated[str, typer.Option(help='Simulated seconds per second, or "max": no waiting.')]
Zone = Annotated[str, typer.Option("--timezone", help="Whose hours are business hours and nights.")]
Steady = Annotated[bool, typer.Option("--steady", help="The same rate at every hour and day.")]
Troubled = Annotated[
    float,
    typer.Option(help="Share of sessions in which something goes wrong, every kind alike."),
]
Trouble = Annotated[
    list[str] | None, typer.Option("--trouble", metavar="KIND=SHARE", help="Share of one kind; repeat it.")
]
Truth = Annotated[Path | None, typer.Option(metavar="FILE", help="Write what really happened, as JSON lines.")]
SinkName = Annotated[str, typer.Option("--sink", help="Where the events go: http, kafka, stdout or file.")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="For --sink file.")]
Url = Annotated[str, typer.Option(help="For --sink http: where sessiond listens.")]
Wait = Annotated[float, typer.Option(min=0, help="For --sink http: seconds in which the server must become ready.")]
BootstrapServers = Annotated[str, typer.Option(help="For --sink kafka.")]
Topic = Annotated[str, typer.Option(help="For --sink kafka; it is made if it is missing.")]
Check = Annotated[
    str | None,
    typer.Option("--check", metavar="URL", help="Only compare a server's anomalies with --truth."),
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Say more on stderr.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")]


def rate_per_hour(per_hour: float | None, per_second: float | None, default: float) -> float:
    if per_hour is not None and per_second is not None:
        message = "`--rate` and `--rate-per-second` are both given; one of them is allowed."
        raise typer.BadParameter(message)
    if per_second is not None:
        return per_second * HOUR_S
    return default if per_hour is None else per_hour


def start_ms(text: str | None) -> int:
    if text is None:
        return int(time.time() * 1000)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no ISO-8601 time such as 2026-01-05T08:00:00Z."
        raise typer.BadParameter(message, param_hint="--start") from None
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


def speed_of(text: str) -> float:
    if text == "max":
        return MAX_SPEED
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < math.inf:
        message = f'{text!r} is neither a number above 0 nor "max".'
        raise typer.BadParameter(message, param_hint="--speed")
    return speed


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"{name!r} is no time zone such as Europe/Berlin."
        raise typer.BadParameter(message, param_hint="--timezone") from None


def troubles_of(share: float, single: Sequence[str]) -> dict[str, float]:
    """`--troubled` for all, `--trouble` over it for one kind."""
    if not 0 <= share <= 1:
        message = f"{share:g} is not from 0 to 1."
        raise typer.BadParameter(message, param_hint="--troubled")
    return (all_troubles(share) if share else {}) | dict(map(_pair, single))


def seed_of(seed: int | None) -> int:
    return randbelow(2**32) if seed is None else seed


def _pair(text: str) -> tuple[str, float]:
    kind, _, share = text.partition("=")
    try:
        return kind, float(share)
    except ValueError:
        message = f"{text!r} is not KIND=SHARE, such as rage_click=0.05."
        raise typer.BadParameter(message, param_hint="--trouble") from None
