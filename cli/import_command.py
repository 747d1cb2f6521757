"""`sessiond import`: what was asked for, one run of the importer, and what came of it."""

import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.delivery import DEFAULT_MAX_WAIT_S, Delivery, Patience
from cli.formats import FORMATS, guess
from cli.formats.lines import first_line
from cli.formats.row import ReadOptions
from cli.importer import Importer, Report
from cli.progress import shown_on
from cli.spool import Spool
from engine.errors import OperatorError

_MAX_BATCH_EVENTS: Final = 10_000  # what the API takes at once
_FORMAT_NAMES: Final = ", ".join(FORMATS)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The file, plain or gzip.")]
Format = Annotated[
    str | None, typer.Option("--format", help=f"One of {_FORMAT_NAMES}.", show_default="guessed from name and content")
]
Columns = Annotated[
    list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="CSV: which column fills a field; repeat it.")
]
Url = Annotated[str, typer.Option(help="Where sessiond listens.")]
Site = Annotated[str, typer.Option(help="Access log: put before the paths, such as https://example.com.")]
BatchSize = Annotated[int, typer.Option(min=1, max=_MAX_BATCH_EVENTS, help="Events per request.")]
MaxWait = Annotated[float, typer.Option(min=0, help="Seconds that one request may be sent again before giving up.")]


def import_events(
    file: File,
    format_name: Format = None,
    columns: Columns = None,
    url: Url = "http://127.0.0.1:8080",
    site: Site = "",
    batch_size: BatchSize = 500,
    max_wait: MaxWait = DEFAULT_MAX_WAIT_S,
) -> None:
    """Import web access logs, JSON lines or CSV. Running it again changes nothing."""
    name = _known_format(file, format_name)
    options = ReadOptions(_mapped(columns or [], name), site)
    delivery = Delivery(url, Patience(max_wait_s=max_wait), clock=time.monotonic, sleep=time.sleep)
    try:
        report = _imported(file, name, options, delivery, batch_size)
    finally:
        delivery.close()
    typer.echo(summary(file.name, report))
    raise typer.Exit(int(report.sent == report.rejected_count))


def summary(name: str, report: Report) -> str:
    reasons = ", ".join(f"{code} {count:,}" for code, count in sorted(report.rejected.items()))
    return "\n".join(
        (
            f"{name}: {report.sent:,} events, {report.bad_lines:,} bad lines, {report.seconds:.1f} s",
            f"accepted        {report.accepted:,}",
            f"duplicates      {report.duplicates:,}",
            f"rejected        {report.rejected_count:,}" + (f" ({reasons})" if reasons else ""),
            f"swept           {report.ended:,}",
        )
    )


def _imported(file: Path, name: str, options: ReadOptions, delivery: Delivery, batch_size: int) -> Report:
    started_s = time.monotonic()
    with shown_on(sys.stderr) as progress, Spool() as spool:
        importer = Importer(delivery, progress, batch_size)
        try:
            importer.read(file, FORMATS[name], options, spool)
            if len(spool):
                importer.send(spool)
                importer.sweep()
        except KeyboardInterrupt:
            message = f"Stopped after {importer.report.sent:,} events; run it again to go on, nothing doubles."
            raise OperatorError(message) from None
    importer.report.seconds = time.monotonic() - started_s
    return importer.report


def _known_format(file: Path, asked: str | None) -> str:
    if asked is None:
        return guess(file.name, first_line(file))
    if asked not in FORMATS:
        message = f"{asked!r} is not a format; allowed are {_FORMAT_NAMES}."
        raise typer.BadParameter(message, param_hint="--format")
    return asked


def _mapped(pairs: list[str], format_name: str) -> dict[str, str]:
    if pairs and format_name != "csv":
        message = f"is for CSV; {format_name} names its fields itself."
        raise typer.BadParameter(message, param_hint="--map")
    mapped = {}
    for pair in pairs:
        field, _, column = pair.partition("=")
        if not (field and column):
            message = f"{pair!r} is not FIELD=COLUMN."
            raise typer.BadParameter(message, param_hint="--map")
        mapped[field.strip()] = column.strip()
    return mapped
