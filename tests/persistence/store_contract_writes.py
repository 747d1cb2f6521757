"""What every store must do with inserts. `store_contract.py` puts the parts together."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pyarrow as pa
import pytest

from engine.errors import OperatorError
from persistence.alert_columns import alerts_columns, token_of
from persistence.alert_table import ALERTS
from persistence.columns import Columns, joined, typed
from persistence.ports import EventFilter, StatsFilter, Store
from persistence.summary_rows import DAY_MS
from persistence.tables import ANOMALIES, BAD_ROWS, DELIVERIES, EVENTS, SESSIONS, default_of
from tests.alerting import alert
from tests.builders import T0
from tests.persistence.store_rows import (
    FEBRUARY_MS,
    UNEXPIRED_MS,
    RowsOf,
    bad_rows,
    event_rows,
    ids,
)


class InsertContract:
    def test_the_same_token_again_is_a_no_op(self, store: Store, rows_of: RowsOf, project: str) -> None:
        rows = bad_rows(project, "x", "y")
        assert [store.insert("bad_rows", rows, token=f"{project}-1") for _ in range(2)] == [2, 2]
        assert len(rows_of("bad_rows", project)) == 2

    def test_another_token_stores_the_rows_again(self, store: Store, rows_of: RowsOf, project: str) -> None:
        for number in range(2):
            store.insert("bad_rows", bad_rows(project, "x"), token=f"{project}-{number}")
        assert len(rows_of("bad_rows", project)) == 2

    def test_rows_that_are_not_there_in_their_version_are_lacking(self, store: Store, project: str) -> None:
        """Whatever their tokens say; of a table without a key those of another place."""
        rows = event_rows(project, *((f"e{n}", FEBRUARY_MS + n) for n in range(1_200)))
        store.insert("events", rows[:1_100], token=project)
        assert store.lacking("events", rows).equals(rows[1_100:])
        known, newer, other = (
            typed(ALERTS, alerts_columns([alert(id, project_id=project, version=version)]))
            for id, version in (("a", 2), ("a", 3), ("b", 1))
        )
        store.insert("alerts", known, token=project)
        assert [store.lacking("alerts", one).num_rows for one in (known, newer, other)] == [0, 1, 1]
        store.insert("bad_rows", bad_rows(project, "x"), token=project)
        assert store.lacking("bad_rows", bad_rows(project, "x")).num_rows == 0
        assert store.lacking("deliveries", typed(DELIVERIES, {"journal_id": [project]})).num_rows == 1

    def test_a_token_counts_for_its_table_only(self, store: Store, rows_of: RowsOf, project: str) -> None:
        store.insert("bad_rows", bad_rows(project, "x"), token=project)
        store.insert("events", event_rows(project, ("e1", FEBRUARY_MS)), token=project)
        assert (len(rows_of("bad_rows", project)), len(rows_of("events", project))) == (1, 1)

    def test_a_token_covers_every_partition_of_its_rows(self, store: Store, project: str) -> None:
        rows = event_rows(project, *((f"e{n}", FEBRUARY_MS + n * 40 * DAY_MS) for n in range(5)))
        for _ in range(2):
            store.insert("events", rows, token=project)
        assert store.stats(StatsFilter(project, 0, FEBRUARY_MS * 2)).total == 5

    def test_columns_left_out_take_their_defaults(self, store: Store, rows_of: RowsOf, project: str) -> None:
        store.insert("events", event_rows(project, ("e1", FEBRUARY_MS)), token=project)
        [row] = rows_of("events", project)
        left_out = {name: row[name] for name in ("generation", "url", "click_x", "lcp", "screen_width", "browser")}
        assert left_out == {
            "generation": 1,
            "url": "",
            "click_x": None,
            "lcp": None,
            "screen_width": 0,
            "browser": "",
        }

    def test_rows_that_say_nothing_in_a_column_take_its_default(
        self, store: Store, rows_of: RowsOf, project: str
    ) -> None:
        for number, table in enumerate((EVENTS, SESSIONS, ANOMALIES)):
            required = {"project_id": project, "timestamp": 1, "start_date": 1, "version": 1}
            rows = typed(table, {name: [required.get(name)] for name in table.columns})
            store.insert(table.name, rows, token=f"{project}-{number}")
            defaults = {name: default_of(kind) for name, kind in table.columns.items()}
            known = {name: value for name, value in required.items() if name in table.columns}
            assert rows_of(table.name, project) == [defaults | known]

    def test_parts_with_other_columns_are_one_insert(self, store: Store, rows_of: RowsOf, project: str) -> None:
        parts = [
            event_rows(project, ("e1", FEBRUARY_MS)),
            event_rows(project, ("e2", FEBRUARY_MS), country="DE", click_x=0),
            event_rows(project, ("e3", FEBRUARY_MS), lcp=1.5),
        ]
        for _ in range(2):
            assert store.insert("events", joined(parts), token=project) == 3
        found = {row["event_id"]: (row["country"], row["click_x"], row["lcp"]) for row in rows_of("events", project)}
        assert found == {"e1": ("", None, None), "e2": ("DE", 0, None), "e3": ("", None, 1.5)}

    def test_a_slice_is_inserted_alone(self, store: Store, project: str) -> None:
        rows = event_rows(project, *((f"e{n}", FEBRUARY_MS + n) for n in range(9)), url="/ü")
        store.insert("events", rows[3:5], token=project)
        assert ids(store, EventFilter(project, session_id="s1")) == ["e3", "e4"]

    def test_no_rows_are_no_insert(self, store: Store, project: str) -> None:
        assert store.insert("events", event_rows(project), token=project) == 0

    def test_bad_rows_keep_foreign_bytes(self, store: Store, rows_of: RowsOf, project: str) -> None:
        original = b'{"event_type": "\xff\xfe\x00'
        columns: Columns = {"project_id": [project], "received_at": [UNEXPIRED_MS], "original": [original]}
        store.insert("bad_rows", typed(BAD_ROWS, columns), token=project)
        [row] = rows_of("bad_rows", project)
        assert row["original"] in (original, original.hex())  # the driver shows bytes that are no UTF-8 as hex

    def test_an_anomaly_that_grew_replaces_itself(self, store: Store, rows_of: RowsOf, project: str) -> None:
        for version in (2, 1):
            columns: Columns = {
                "project_id": [project],
                "session_id": ["s1"],
                "anomaly_id": ["a1"],
                "started_at": [FEBRUARY_MS],
                "detected_at": [FEBRUARY_MS],
                "version": [version],
                "event_ids": [[f"e{n}" for n in range(version)]],
            }
            store.insert("anomalies", typed(ANOMALIES, columns), token=f"{project}-{version}")
        assert [row["event_ids"] for row in rows_of("anomalies", project)] == [["e0", "e1"]]

    @pytest.mark.parametrize(("table", "said"), [("nothing", "no table `nothing`"), ("events", "no column `colour`")])
    def test_rows_that_fit_no_table_are_the_operators(self, store: Store, table: str, said: str) -> None:
        with pytest.raises(OperatorError, match=said):
            store.insert(table, pa.table({"colour": ["red"]}), token="t")

    def test_threads_may_insert_and_read_at_once(self, store: Store, project: str) -> None:
        def work(number: int) -> int:
            store.insert("events", event_rows(project, (f"e{number}", FEBRUARY_MS)), token=f"{project}-{number}")
            return len(store.events(EventFilter(project, session_id="s1")))

        with ThreadPoolExecutor(8) as threads:
            seen = list(threads.map(work, range(24)))
        assert min(seen) >= 1
        assert len(ids(store, EventFilter(project, session_id="s1"))) == 24

    def test_an_alert_that_changed_replaces_its_row(self, store: Store, rows_of: RowsOf, project: str) -> None:
        first = alert("a1", project_id=project, baseline=1.5)
        over = msgspec.structs.replace(first, state="resolved", resolved_ms=T0 + 9, version=2)
        for found in (first, over, first):
            store.insert("alerts", typed(ALERTS, alerts_columns([found])), token=token_of([found]))
        [row] = rows_of("alerts", project)
        names = ("state", "version", "resolved_at", "acked_at", "baseline", "value")
        assert [row[name] for name in names] == ["resolved", 2, T0 + 9, None, 1.5, 12.0]
