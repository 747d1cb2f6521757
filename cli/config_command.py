"""`sessiond config`: every setting in force, and where its value came from."""

from typing import Annotated, Any

import msgspec
import typer

from cli import options
from cli.catalogue import SETTINGS
from cli.discreet import discreet
from cli.documents import shown_value
from cli.settings import Settings, value_of


def config(
    file: options.ConfigFile = None,
    host: options.Host = None,
    port: options.Port = None,
    data_dir: options.DataDir = None,
    shards: options.Shards = None,
    insecure: options.Insecure = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Print every setting, its value and where it came from."""
    found = options.settings(file, host=host, port=port, data_dir=data_dir, shards=shards, insecure=insecure)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(_rows(found), order="deterministic"), indent=2).decode())
    else:
        _print_table(found)


def _rows(found: Settings) -> dict[str, dict[str, Any]]:
    return {
        name: {"value": discreet(value_of(found.config, setting)), "origin": found.origins[name]}
        for name, setting in SETTINGS.items()
    }


def _print_table(found: Settings) -> None:
    """Plain padded lines: a width taken from the terminal would cut them in a pipe."""
    rows = [(name, shown_value(row["value"]), row["origin"]) for name, row in _rows(found).items()]
    width = max(len(name) for name, _, _ in rows)
    for name, value, origin in [("setting", "value", "origin"), *rows]:
        typer.echo(f"{name:<{width}}  {value:<24}  {origin}")
