"""The `sessiond` command. Exit codes: 0 done, 1 failed, 2 wrong usage.

Commands import what they need when they run, so that `--help` does not wait for Ray or ClickHouse.
"""

import sys
from importlib.metadata import version as installed_version
from typing import Final

import typer

from cli import (
    config_command,
    doctor_command,
    import_command,
    serve_command,
    simulate_command,
    verify_command,
    whatif_command,
)
from engine.errors import ClientError, ConfigError, SessiondError

FAILED: Final = 1
WRONG_USAGE: Final = 2

app = typer.Typer(
    name="sessiond",
    help="A live session engine: user events in, live session analysis out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve_command.serve)
app.command("import")(import_command.import_events)
app.command("simulate")(simulate_command.simulate)
app.command("doctor")(doctor_command.doctor)
app.command("verify")(verify_command.verify)
app.command("whatif")(whatif_command.whatif)
app.command("config")(config_command.config)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"sessiond {installed_version('sessiond')}")


def main() -> None:
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """An error that a person can act on is one line on stderr; any other one keeps its traceback."""
    try:
        app(args=arguments, prog_name="sessiond")
    except SystemExit as done:
        return _exit_code(done)
    except (ClientError, ConfigError) as error:
        return _told(error, WRONG_USAGE)
    except SessiondError as error:
        return _told(error, FAILED)
    return 0


def _exit_code(done: SystemExit) -> int:
    return done.code if isinstance(done.code, int) else int(done.code is not None)


def _told(error: SessiondError, code: int) -> int:
    typer.echo(f"sessiond: {error.message}", err=True)
    return code
