"""docs/reliability.json: what the fault campaigns measured. Each campaign writes its own key and leaves the others."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from benchmarks import machine

TARGET: Final = Path(__file__).parent.parent / "docs" / "reliability.json"

Campaign = Literal["chaos", "overload", "outage", "simulation"]


def read(file: Path = TARGET) -> dict[str, Any]:
    """{campaign: figures}; {} before the first one."""
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Any]) if file.exists() else {}


def record(campaign: Campaign, figures: Mapping[str, Any], file: Path = TARGET) -> None:
    """Replace what was known of one campaign, with the day and the machine."""
    run = {"date": datetime.now(UTC).date().isoformat(), "machine": machine.describe(with_peers=False), **figures}
    found = {**read(file), campaign: run}
    file.write_bytes(msgspec.json.format(msgspec.json.encode(found, order="sorted"), indent=2) + b"\n")
