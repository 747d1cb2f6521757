"""`sessiond verify`: does the store of a running server hold what was sent to it? Exit 1 when something is wrong."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

import typer

from cli.checks import Finding, line
from cli.delivery import Delivery, Patience
from engine.errors import OperatorError

_PATIENCE: Final = Patience(max_wait_s=30)
_BUCKETS: Final = ("accepted", "duplicate", "late", "unfolded", "rejected")
_SHOWN: Final = 5  # gaps and days that a line names

Url = Annotated[str, typer.Option(help="Where sessiond listens.")]
Since = Annotated[
    str, typer.Option(help="Look at rows received since then: ISO-8601 or Unix ms.", show_default="as far as is kept")
]
Sql = Annotated[bool, typer.Option("--sql", help="Print the queries as well, to be run by hand.")]


def verify(url: Url = "http://127.0.0.1:8080", since: Since = "", sql: Sql = False) -> None:
    """Compare what each shard sent with what the store holds, and add up the ledger."""
    query = "?" + urlencode({"started_at": since}) if since else ""
    with closing(Delivery(url, _PATIENCE, clock=time.monotonic, sleep=time.sleep)) as server:
        audit = _asked(server, f"/api/v1/ledger/audit{query}")
        ledger = _asked(server, f"/api/v1/ledger{query}")
    findings = [*map(_shard, audit["shards"]), *_sums(ledger["total"])]
    for finding in findings:
        typer.echo(line(finding))
    if sql:
        typer.echo("\n\n".join(f"-- shard {shard['shard']}\n{shard['sql']};" for shard in audit["shards"]))
    raise typer.Exit(int(any(finding.state == "fail" for finding in findings)))


def _asked(server: Delivery, target: str) -> dict[str, Any]:
    answer = server.get(target)
    if answer.status != 200:
        message = f"The server answered {answer.status}: {answer.body.get('message', 'it gave no reason')}"
        raise OperatorError(message)
    return answer.body


def _shard(found: dict[str, Any]) -> Finding:
    said = (
        f"frames {found['first_seq']:,}-{found['last_seq']:,} in {found['chunks']:,} chunks; "
        f"{found['rows_expected']:,} rows expected, {found['rows_found']:,} found, {found['rows_missing']:,} missing "
        f"({found['rows_lost']:,} lost, {found['rows_replaced']:,} replaced by later copies), "
        f"{found['rows_doubled']:,} doubled, {len(found['gaps'])} gaps"
    )
    named = [
        *(f"frames {gap['first_seq']:,}-{gap['last_seq']:,} were never sent" for gap in found["gaps"]),
        *(f"{day['rows']:,} rows of {day['date']} are gone" for day in found["lost_days"]),
        *(f"frames {run['first_seq']:,}-{run['last_seq']:,} were sent twice" for run in found["repeated"]),
    ]
    more = [f"{len(named) - _SHOWN} more"] if len(named) > _SHOWN else []
    state: Literal["ok", "warn", "fail"] = "warn" if found["repeated"] else "ok"
    return Finding(
        f"shard {found['shard']}",
        state if found["is_sound"] else "fail",
        "; ".join([said, *named[:_SHOWN], *more]) + ".",
    )


def _sums(total: dict[str, Any]) -> Iterator[Finding]:
    parts = {name: total[name] for name in _BUCKETS}
    said = " + ".join(f"{count:,} {name}" for name, count in parts.items())
    if sum(parts.values()) == total["received"]:
        yield Finding("ledger", "ok", f"{total['received']:,} received = {said}.")
    else:
        yield Finding("ledger", "fail", f"{total['received']:,} received, but {said}.")
    for sink in total["sinks"]:
        said = (
            f"{sink['stored']:,} stored, {sink['refused']:,} refused (kept in bad_rows), {sink['pending']:,} pending."
        )
        yield Finding(sink["sink"], "fail" if sink["pending"] < 0 else "ok", said)
