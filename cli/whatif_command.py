"""`sessiond whatif`: what would another rule have said of the stored sessions? Changes nothing. Exit 1 when the server
cannot say, 2 when the question is wrong."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Annotated, Any, Final

import msgspec
import typer
from msgspec import inspect
from rich.console import Console
from rich.table import Table

from cli.delivery import Answer, Delivery, Patience
from cli.settings import parsed_text
from engine.errors import ClientError, OperatorError
from engine.overlay import KINDS
from engine.rules import Rules

_PATIENCE: Final = Patience(max_wait_s=60, answer_timeout_s=120)
_TARGET: Final = "/api/v1/detectors/whatif"
_SHOWN: Final = 20  # rows of each list
_PIPE_COLUMNS: Final = 200  # where nobody says how wide a line may be

Kind = Annotated[str, typer.Option("--detector", help="The detector whose rule is tried.")]
Values = Annotated[list[str], typer.Option("--set", metavar="FIELD=VALUE", help="Of its rule; may be repeated.")]
Since = Annotated[
    str, typer.Option(help="Sessions that began then or later: ISO-8601 or Unix ms.", show_default="today")
]
Until = Annotated[str, typer.Option(help="And before then.", show_default="30 days later")]
Project = Annotated[str, typer.Option(help="Of this project.", show_default="default")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="Sessions at most, newest first.")]
Url = Annotated[str, typer.Option(help="Where sessiond listens.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def whatif(
    detector: Kind,
    values: Values = [],  # noqa: B006 - typer wants it
    started_at: Since = "",
    ended_at: Until = "",
    project: Project = "",
    limit: Limit = 1_000,
    as_json: AsJson = False,
    url: Url = "http://127.0.0.1:8080",
) -> None:
    """Judge stored sessions by another rule: what that would add and remove."""
    given = {"started_at": started_at, "ended_at": ended_at, "project_id": project}
    question = {
        "detector": detector,
        "set": dict(_typed(detector, values)),
        "limit": limit,
        **{name: value for name, value in given.items() if value},
    }
    with closing(Delivery(url, _PATIENCE, clock=time.monotonic, sleep=time.sleep)) as server:
        found = _asked(server.post(_TARGET, question))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        _show(found)


def _typed(kind: str, values: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Each value as its field wants it; what is wrong with one, the server says."""
    if kind not in KINDS:
        msg = f"`--detector {kind}` is no detector; there are {', '.join(KINDS)}."
        raise ClientError(msg)
    fields = {field.name: field.type for field in msgspec.structs.fields(type(getattr(Rules(), kind)))}
    for item in values:
        name, equals, text = item.partition("=")
        if not equals:
            msg = f"`--set {item}` has no `=`; FIELD=VALUE is allowed."
            raise ClientError(msg)
        if name not in fields:
            msg = f"`--set {item}` names no field of {kind}; there are {', '.join(fields)}."
            raise ClientError(msg)
        yield name, _value(text, fields[name])


def _value(text: str, kind: Any) -> Any:
    parsed = parsed_text(text, is_list=isinstance(inspect.type_info(kind), inspect.CollectionType))
    try:
        return msgspec.to_builtins(msgspec.convert(parsed, kind, strict=False))
    except msgspec.ValidationError:
        return parsed


def _asked(answer: Answer) -> dict[str, Any]:
    if answer.status == 200:
        return answer.body
    message = str(answer.body.get("message", f"The server answered {answer.status} and gave no reason."))
    raise ClientError(message) if answer.status == 400 else OperatorError(message)


def _show(found: Mapping[str, Any]) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = _PIPE_COLUMNS
    for sign, name in (("+", "added"), ("-", "removed")):
        _print_list(console, sign, name, found[name], found["counts"][name])
    console.print(f"{_counts(found)}.", highlight=False)
    skipped = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in found["skipped"].items())
    if skipped:
        console.print(f"Left out: {skipped}.", highlight=False)
    if found["is_truncated"]:
        console.print(f"Not all: the limit of {_limit(found['truncated_by'])} was reached.", highlight=False)


def _print_list(console: Console, sign: str, name: str, items: list[dict[str, Any]], count: int) -> None:
    if not items:
        return
    console.print(f"{name}: {count:,}", highlight=False)
    table = Table(box=None, pad_edge=False)
    for heading in ("", "session", "at", "what", "why"):
        table.add_column(heading, overflow="fold")
    for item in items[:_SHOWN]:
        table.add_row(sign, item["session_id"], item["started_at"], item["description"], item["why"])
    console.print(table)
    if count > _SHOWN:
        console.print(f"… and {count - _SHOWN:,} more", highlight=False)


def _counts(found: Mapping[str, Any]) -> str:
    counts = found["counts"]
    return (
        f"{found['detector']} in {found['sessions']:,} sessions ({found['events']:,} events): "
        f"{counts['added']:,} added, {counts['removed']:,} removed, {counts['unchanged']:,} unchanged"
    )


def _limit(truncated_by: str) -> str:
    return {"limit": "sessions"}.get(truncated_by, truncated_by)
