"""Brings the schema forward: numbered SQL files, applied in order, each noted in `schema_migrations` when done.

ClickHouse has no transactions over DDL. A crash inside a file leaves it unnoted, and the next start runs all of it
again: every statement of a file must be repeatable (`IF NOT EXISTS`, `ADD COLUMN IF NOT EXISTS` …).
"""

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Final

import msgspec
from clickhouse_connect.driver.client import Client

from engine.errors import OperatorError

_FILE_NAME: Final = re.compile(r"^(\d{4})_(\w+)\.sql$")

_VERSIONS: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations
(
    version UInt32,
    name String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY version
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
"""


class Migration(msgspec.Struct, frozen=True):
    version: int
    name: str
    sql: str

    def statements(self) -> list[str]:
        """The statements, without comment lines; each ends with `;` at the end of its line."""
        code = "\n".join(line for line in self.sql.splitlines() if not line.startswith("--"))
        return [part.strip() for part in re.split(r";\s*(?:\n|$)", code) if part.strip()]


def shipped_migrations() -> list[Migration]:
    """The files beside this module, in order. Their numbers run 1, 2, 3 … without a hole."""
    found = []
    for file in files("persistence").joinpath("schema").iterdir():
        named = _FILE_NAME.match(file.name)
        if named:
            found.append(Migration(int(named.group(1)), named.group(2), file.read_text(encoding="utf-8")))
    return sorted(found, key=lambda migration: migration.version)


def migrate(client: Client, database: str, migrations: Sequence[Migration]) -> int:
    """Create `database` where it is missing, apply what it lacks, choose it; the version it is at now.

    Raises `OperatorError` when the database is newer than this program.
    """
    _create_database(client, database)
    client.database = database
    client.command(_VERSIONS)
    at = current_version(client)
    newest = migrations[-1].version if migrations else 0
    if at > newest:
        msg = (
            f"Database `{database}` has schema version {at}, this program knows up to {newest}: "
            "start the newer sessiond, or use another `clickhouse.database`."
        )
        raise OperatorError(msg)
    for migration in migrations:
        if migration.version > at:
            _apply(client, migration)
    return newest


def current_version(client: Client) -> int:
    return int(client.query("SELECT max(version) FROM schema_migrations").result_rows[0][0])


def _create_database(client: Client, database: str) -> None:
    # Looked up first: on a shared server the user may lack the right to create databases.
    found = client.query(
        "SELECT count() FROM system.databases WHERE name = {name:String}",
        parameters={"name": database},
    )
    if not found.result_rows[0][0]:
        client.command("CREATE DATABASE IF NOT EXISTS {name:Identifier}", parameters={"name": database})


def _apply(client: Client, migration: Migration) -> None:
    for statement in migration.statements():
        client.command(statement)
    client.insert(
        "schema_migrations",
        [[migration.version], [migration.name]],
        column_names=["version", "name"],
        column_type_names=["UInt32", "String"],
        column_oriented=True,
        settings={"async_insert": 0},
    )
