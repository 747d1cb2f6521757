"""Options that several commands take, and what they become: the settings in force."""

from pathlib import Path
from typing import Annotated

import typer

from cli.settings import Settings, environment, load

ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="TOML file with settings.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.", show_default="8080")]
DataDir = Annotated[str | None, typer.Option(help="Folder that holds everything.", show_default="./data")]
Shards = Annotated[int | None, typer.Option(help="Number of shards.", show_default="one per two cores")]
Insecure = Annotated[
    bool | None, typer.Option("--insecure", help="Listen beyond loopback although there are no keys yet.")
]
Simulate = Annotated[
    float, typer.Option(min=0, metavar="EVENTS_PER_SECOND", help="Make the traffic of a shop meanwhile; 0 = none.")
]


def settings(
    file: Path | None,
    *,
    host: str | None = None,
    port: int | None = None,
    data_dir: str | None = None,
    shards: int | None = None,
    insecure: bool | None = None,
) -> Settings:
    """Raises ConfigError."""
    flags: dict[str, object] = {
        "server.host": host,
        "server.port": port,
        "data_dir": data_dir,
        "engine.shards": shards,
        "server.insecure": insecure,
    }
    return load(file, environment(), flags)
