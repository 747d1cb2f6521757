"""Rows that a version before wrote are read by this one, and say what was true of them then."""

from contextlib import closing
from pathlib import Path

import clickhouse_connect
import pytest

from engine.config import ClickHouse
from persistence.clickhouse import ClickHouseStore
from persistence.migrations import migrate, shipped_migrations
from tests.persistence.store_rows import FEBRUARY_MS, summary

pytestmark = pytest.mark.live

BEFORE_INSIGHTS = 7  # the version of the schema that knew neither how sure an anomaly is nor what a session was like
SESSION = f"""
INSERT INTO sessions (project_id, session_id, user_id, generation, state, version, started_at, last_active_at)
SELECT 'p', 's1', 'u1', 1, 'ended', 1, fromUnixTimestamp64Milli({FEBRUARY_MS}),
    fromUnixTimestamp64Milli({FEBRUARY_MS + 1_000})
"""
ANOMALY = f"""
INSERT INTO anomalies (project_id, session_id, anomaly_id, detected_at, version)
SELECT 'p', 's1', 'a1', fromUnixTimestamp64Milli({FEBRUARY_MS}), 1
"""
READ = """
SELECT status, rule_version, toUnixTimestamp64Milli(last_at), thresholds FROM anomalies FINAL
SETTINGS apply_mutations_on_fly = 1
"""


def test_sessions_and_anomalies_of_before_the_insights_are_read(tmp_path: Path) -> None:
    folder = str(tmp_path / "clickhouse")
    with closing(clickhouse_connect.get_client(interface="chdb", path=folder)) as client:
        migrate(client, "before", shipped_migrations()[:BEFORE_INSIGHTS])
        for statement in (SESSION, ANOMALY):
            client.command(statement)
        with closing(ClickHouseStore(ClickHouse(database="before"), path=folder)) as store:
            assert store.session("p", "s1", None) == summary("p")
        assert client.query(READ).result_rows == [("confirmed", 1, FEBRUARY_MS, "")]
