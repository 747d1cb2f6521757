"""The ClickHouse store holds the contract, embedded and over HTTP, and the schema is what the code believes it is."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import clickhouse_connect
import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client

from engine.config import ClickHouse
from engine.errors import ClientError, OperatorError, Wait
from engine.wire import LATE_RAW
from persistence.audit import audit_query, audit_sql
from persistence.clickhouse import ClickHouseStore
from persistence.migrations import Migration, current_version, migrate, shipped_migrations
from persistence.ports import AuditFilter, EventFilter, StatsFilter
from persistence.tables import TABLES
from tests.persistence.http_shim import HttpShim, http_shim
from tests.persistence.store_contract import StoreContract
from tests.persistence.store_contract_audit import NOON, Sender
from tests.persistence.store_rows import FEBRUARY_MS, RowsOf, event_rows

pytestmark = pytest.mark.live

FINAL = {name: "FINAL" if table.version else "" for name, table in TABLES.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A process can open one embedded database only: the tests here share it, each class in a `database` of its own."""
    return str(tmp_path_factory.mktemp("clickhouse"))


@pytest.fixture(scope="module")
def client(folder: str) -> Iterator[Client]:
    client = clickhouse_connect.get_client(interface="chdb", path=folder)
    yield client
    client.close()


@pytest.fixture(scope="module")
def embedded(folder: str) -> Iterator[ClickHouseStore]:
    store = ClickHouseStore(ClickHouse(database="embedded"), path=folder)
    store.migrate()
    yield store
    store.close()


@pytest.fixture(scope="module")
def shim(folder: str, client: Client) -> Iterator[HttpShim]:
    # `client` keeps the engine open between requests.
    with http_shim(folder) as shim:
        yield shim


@pytest.fixture(scope="module")
def server(shim: HttpShim) -> Iterator[ClickHouseStore]:
    store = ClickHouseStore(ClickHouse(url=shim.url, database="server"))
    store.migrate()
    yield store
    store.close()


def rows_in(client: Client, database: str, table: str, project: str) -> list[dict[str, Any]]:
    found = client.query(
        f"SELECT * FROM {database}.{table} {FINAL[table]} WHERE project_id = {{project:String}}",
        parameters={"project": project},
        query_formats={"DateTime*": "int", "Date*": "int"},
    )
    return list(found.named_results())


class TestEmbedded(StoreContract):
    @pytest.fixture
    def store(self, embedded: ClickHouseStore) -> ClickHouseStore:
        return embedded

    @pytest.fixture
    def rows_of(self, client: Client) -> RowsOf:
        return lambda table, project: rows_in(client, "embedded", table, project)


class TestServer(StoreContract):
    @pytest.fixture
    def store(self, server: ClickHouseStore) -> ClickHouseStore:
        return server

    @pytest.fixture
    def rows_of(self, client: Client) -> RowsOf:
        return lambda table, project: rows_in(client, "server", table, project)


@pytest.mark.parametrize("code", [159, 241, 252])
def test_a_server_in_trouble_is_waited_for(server: ClickHouseStore, shim: HttpShim, code: int) -> None:
    shim.fail_next(code)
    with pytest.raises(Wait, match="told to fail"):
        server.insert("events", event_rows("trouble", ("e1", FEBRUARY_MS)), token="trouble")
    assert server.insert("events", event_rows("trouble", ("e1", FEBRUARY_MS)), token="trouble") == 1


@pytest.mark.parametrize("code", [16, 60, 497])
def test_a_server_that_refuses_is_the_operators(server: ClickHouseStore, shim: HttpShim, code: int) -> None:
    shim.fail_next(code)
    with pytest.raises(OperatorError, match="told to fail"):
        server.insert("events", event_rows("refused", ("e1", FEBRUARY_MS)), token="refused")


def test_nobody_listening_is_waited_for() -> None:
    store = ClickHouseStore(ClickHouse(url="http://127.0.0.1:1", timeout_ms=1_000))
    for call in (store.migrate, store.ping):
        with pytest.raises(Wait):
            call()


def test_a_database_that_nobody_migrated_is_brought_up_to_date_by_the_first_call(folder: str, client: Client) -> None:
    store = ClickHouseStore(ClickHouse(database="nowhere"), path=folder)
    assert store.session("p", "s", None) is None
    store.close()
    client.command("DROP DATABASE nowhere")


def test_a_folder_that_another_process_holds_is_waited_for(folder: str, client: Client) -> None:
    program = (
        "from engine.config import ClickHouse\n"
        "from engine.errors import Wait\n"
        "from persistence.clickhouse import ClickHouseStore\n"
        f"try: ClickHouseStore(ClickHouse(), path={folder!r}).ping()\n"
        "except Wait as wait: print(wait.message)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=60,
        check=True,
    )
    assert run.stdout.startswith("The embedded database cannot be opened: another process holds it")


@pytest.mark.parametrize("generations", [pa.array(["x"]), pa.array([["x"]])])
def test_values_of_a_wrong_type_are_the_operators(embedded: ClickHouseStore, generations: pa.Array) -> None:
    rows = pa.table({"project_id": ["wrong"], "event_id": ["e1"], "generation": generations})
    with pytest.raises(OperatorError):
        embedded.insert("events", rows, token="wrong")
    assert embedded.stats(StatsFilter("wrong", 0, FEBRUARY_MS)).total == 0


def test_a_store_that_was_closed_opens_again(folder: str, client: Client, embedded: ClickHouseStore) -> None:
    store = ClickHouseStore(ClickHouse(database="embedded"), path=folder)
    store.insert("events", event_rows("closed", ("e1", FEBRUARY_MS)), token="closed")
    store.close()
    assert [event.event_id for event in store.events(EventFilter("closed", session_id="s1"))] == ["e1"]
    store.close()


@pytest.mark.parametrize("mode", ["embedded", "server"])
def test_a_page_of_too_many_bytes_is_refused_and_a_shorter_one_is_not(folder: str, shim: HttpShim, mode: str) -> None:
    url = shim.url if mode == "server" else ""
    store = ClickHouseStore(ClickHouse(url=url, database=f"large_{mode}", max_answer_bytes=1_000_000), path=folder)
    try:
        events = [(f"e{number}", FEBRUARY_MS + number) for number in range(150)]
        store.insert("events", event_rows("p", *events, payload='{"x":"' + "y" * 10_000 + '"}'), token="t")
        with pytest.raises(ClientError, match=r"too large: ask for fewer items") as caught:
            store.events(EventFilter("p", session_id="s1", limit=1_000))
        assert (caught.value.status, caught.value.code) == (400, "range_too_large")
        assert len(store.events(EventFilter("p", session_id="s1", limit=50))) == 50
    finally:
        store.close()


def test_threads_beyond_the_pool_wait_their_turn(embedded: ClickHouseStore) -> None:
    threads = [threading.Thread(target=embedded.ping) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("table", TABLES)
def test_the_schema_has_the_columns_the_code_names(embedded: ClickHouseStore, client: Client, table: str) -> None:
    described = client.query(f"DESCRIBE TABLE embedded.{table}").result_rows
    assert [(row[0], row[1]) for row in described] == list(TABLES[table].columns.items())


@pytest.mark.parametrize("table", TABLES)
def test_the_key_and_the_version_are_those_of_the_code(embedded: ClickHouseStore, client: Client, table: str) -> None:
    [(key, engine)] = client.query(
        "SELECT sorting_key, engine_full FROM system.tables WHERE database = 'embedded' AND name = {name:String}",
        parameters={"name": table},
    ).result_rows
    known = TABLES[table]
    assert key == ", ".join(known.key or ("project_id", "received_at"))
    assert engine.startswith(f"ReplacingMergeTree({known.version})" if known.version else "MergeTree ")
    for setting in ("non_replicated_deduplication_window = 10000", "fsync_after_insert = 1", "fsync_part_directory"):
        assert setting in engine


def test_bad_rows_go_after_two_weeks(embedded: ClickHouseStore, client: Client) -> None:
    [(create,)] = client.query(
        "SELECT create_table_query FROM system.tables WHERE name = 'bad_rows' LIMIT 1"
    ).result_rows
    assert "TTL toDateTime(received_at) + toIntervalDay(14)" in create


class TestDamage:
    """What a hand does to the tables is found by the audit, also when merges have dropped every replaced row."""

    @pytest.fixture
    def sender(self, embedded: ClickHouseStore, request: pytest.FixtureRequest) -> Sender:
        sender = Sender(embedded, str(request.node.name))
        sender.send(1, sender.events(1, 2, 3))
        sender.send(2, sender.events(4, 5, day=1))
        sender.send(3, sender.events(6))
        assert sender.audit(3).is_sound
        return sender

    def test_deleted_rows_are_lost(self, sender: Sender, client: Client) -> None:
        gone = f"src_journal = '{sender.journal_id}' AND src_seq = 1 AND src_index < 2"
        client.command(f"ALTER TABLE embedded.events DELETE WHERE {gone} SETTINGS mutations_sync = 1")
        assert sender.audit(3).lost_days == [(NOON, 2)]

    def test_a_deleted_partition_is_lost(self, sender: Sender, client: Client) -> None:
        sender.send(4, sender.events(7, day=40))
        client.command("ALTER TABLE embedded.events DROP PARTITION 202602")
        assert sender.audit(4).lost_days == [(20260211, 1)]

    def test_a_deleted_note_is_a_gap(self, sender: Sender, client: Client) -> None:
        client.command(f"DELETE FROM embedded.deliveries WHERE journal_id = '{sender.journal_id}' AND first_seq = 2")
        assert sender.audit(3).gaps == [(2, 2)]

    def test_replaced_rows_are_no_loss_after_the_merge(self, sender: Sender, client: Client) -> None:
        sender.send(4, sender.events(1, 2, 3), status=LATE_RAW)
        client.command("OPTIMIZE TABLE embedded.events FINAL")
        found = sender.audit(4)
        assert (found.expected, found.found, found.replaced, found.lost) == (9, 6, 3, 0)

    def test_the_printed_query_answers_the_same(self, sender: Sender, client: Client) -> None:
        wanted = AuditFilter(sender.journal_id, 0, 3)
        query = audit_query(wanted)
        client.database = "embedded"
        bound = client.query(query.sql, parameters=dict(query.parameters)).result_rows
        assert client.query(audit_sql(wanted)).result_rows == bound


class TestMigrations:
    @pytest.fixture
    def fresh(self, folder: str, client: Client, request: pytest.FixtureRequest) -> Iterator[tuple[Client, str]]:
        """A client, and the name of a database that does not exist."""
        client = clickhouse_connect.get_client(interface="chdb", path=folder)
        yield client, str(request.node.name)
        client.close()

    def test_migrating_again_changes_nothing(self, fresh: tuple[Client, str]) -> None:
        client, database = fresh
        shipped = shipped_migrations()
        assert [migrate(client, database, shipped) for _ in range(2)] == [shipped[-1].version] * 2
        assert client.query("SELECT version, name FROM schema_migrations ORDER BY version").result_rows == [
            (migration.version, migration.name) for migration in shipped
        ]

    def test_a_crash_anywhere_in_a_file_is_finished_by_the_next_start(self, fresh: tuple[Client, str]) -> None:
        client, database = fresh
        one = "CREATE TABLE IF NOT EXISTS one (a UInt8) ENGINE = MergeTree ORDER BY a;\n"
        with pytest.raises(Exception, match="nonsense"):
            migrate(client, database, [Migration(1, "both", f"{one}nonsense;")])
        assert current_version(client) == 0
        two = "CREATE TABLE IF NOT EXISTS two (a UInt8) ENGINE = MergeTree ORDER BY a;\n"
        assert migrate(client, database, [Migration(1, "both", one + two)]) == 1
        assert client.query("SELECT count() FROM one, two").result_rows == [(0,)]

    def test_only_what_is_missing_is_applied(self, fresh: tuple[Client, str]) -> None:
        client, database = fresh
        first = Migration(1, "one", "CREATE TABLE one (a UInt8) ENGINE = MergeTree ORDER BY a;")  # fails if repeated
        migrate(client, database, [first])
        assert migrate(client, database, [first, Migration(2, "two", "ALTER TABLE one ADD COLUMN b UInt8;")]) == 2
        assert client.query("SELECT a, b FROM one").result_rows == []

    def test_a_database_of_a_newer_program_is_refused(self, fresh: tuple[Client, str]) -> None:
        client, database = fresh
        migrate(client, database, [Migration(99, "later", "SELECT 1;")])
        with pytest.raises(OperatorError, match=r"schema version 99, this program knows up to \d+: start the newer"):
            migrate(client, database, shipped_migrations())

    def test_every_shipped_file_can_be_repeated(self, fresh: tuple[Client, str]) -> None:
        client, database = fresh
        migrate(client, database, shipped_migrations())
        for migration in shipped_migrations():
            for statement in migration.statements():
                client.command(statement)
