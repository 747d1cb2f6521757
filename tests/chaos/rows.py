"""What the store holds, read from its files after the server has stopped: `python -m tests.chaos.rows DATABASE OUT`.

In a process of its own, because a process can open one embedded database only, and the caller may have one.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import clickhouse_connect
import pyarrow as pa

from persistence.tables import DEVICE

Row = Mapping[str, Any]

_IN_ORDER: Final = "src_shard, src_seq, src_index"
_SEEN: Final = (  # what the fold looks at
    "project_id, event_id, session_id, user_id, event_type, flags, url, path, screen_name, country, city,"
    f" click_x, click_y, scroll_depth, payload, {', '.join(DEVICE)}"
)
# Times as Unix milliseconds. Without FINAL: what a merge would hide is to be seen.
_QUERIES: Final[Mapping[str, str]] = {
    "events": f"SELECT {_SEEN}, generation, late, {_IN_ORDER}, toUnixTimestamp64Milli(timestamp) AS at_ms,"
    f" toUnixTimestamp64Milli(received_at) AS received_ms FROM events ORDER BY {_IN_ORDER}",
    "final": "SELECT event_id, count() AS copies FROM events FINAL GROUP BY event_id",
    "anomalies": "SELECT anomaly_id, type, status, rule_version, thresholds FROM anomalies FINAL",
    "alerts": "SELECT alert_id, rule, group_name, state, version FROM alerts FINAL",
    "bad_rows": f"SELECT original, code FROM bad_rows ORDER BY {_IN_ORDER}",
}
_SETTINGS: Final = {
    "output_format_arrow_low_cardinality_as_dictionary": 0,
    "output_format_arrow_string_as_string": 0,  # bad rows hold foreign bytes
}


class Rows(NamedTuple):
    """`events` as they came, in the order of the journals; `final`: how often each event id is there after a merge."""

    events: list[dict[str, Any]]
    final: dict[str, int]
    anomalies: list[dict[str, Any]]
    bad_rows: list[bytes]
    alerts: Sequence[Row] = ()


def read_rows(database: Path, folder: Path) -> Rows:
    """`folder` takes the tables as Arrow files. The server must have stopped."""
    subprocess.run([sys.executable, "-m", "tests.chaos.rows", str(database), str(folder)], check=True, timeout=300)
    tables = {name: _plain(folder / f"{name}.arrow") for name in _QUERIES}
    return Rows(
        events=tables["events"],
        final={row["event_id"]: row["copies"] for row in tables["final"]},
        anomalies=tables["anomalies"],
        bad_rows=[row["original"] for row in tables["bad_rows"]],
        alerts=tables["alerts"],
    )


def _plain(file: Path) -> list[dict[str, Any]]:
    """Texts as str, but for the foreign bytes."""
    with pa.ipc.open_stream(file.read_bytes()) as stream:
        table = stream.read_all()
    for place, field in enumerate(table.schema):
        if pa.types.is_binary(field.type) and field.name != "original":
            table = table.set_column(place, field.name, table.column(place).cast(pa.string()))
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def main(database: str, folder: str) -> None:
    client = clickhouse_connect.get_client(interface="chdb", path=database, database="sessiond")
    for name, query in _QUERIES.items():
        (Path(folder) / f"{name}.arrow").write_bytes(client.raw_query(query, settings=_SETTINGS, fmt="ArrowStream"))
    client.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
