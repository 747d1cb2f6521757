"""`sessiond doctor`: what this machine gives, and whether the data is whole; exit 1 if something is wrong."""

from itertools import chain

import typer

from cli import options
from cli.checks import CHECKS, Finding, line
from cli.journal_check import journals
from engine.config import Config


def doctor(
    file: options.ConfigFile = None,
    host: options.Host = None,
    port: options.Port = None,
    data_dir: options.DataDir = None,
) -> None:
    """Look at fsync time, disk, memory, port, ClickHouse, Kafka, Ray and Python, and through every journal."""
    config = options.settings(file, host=host, port=port, data_dir=data_dir).config
    findings = report(config)
    raise typer.Exit(int(any(finding.state == "fail" for finding in findings)))


def report(config: Config) -> list[Finding]:
    """Each line is printed as soon as it is known: the disk may take seconds to answer."""
    findings = []
    for finding in chain((check(config) for check in CHECKS), journals(config)):
        typer.echo(line(finding))
        findings.append(finding)
    return findings
