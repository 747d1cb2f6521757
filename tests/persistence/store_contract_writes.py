"""What every store must do with inserts. `store_contract.py` puts the parts together."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import OperatorError
from persistence.ports import Columns, EventFilter, StatsFilter, Store
from persistence.summary_rows import DAY_MS
from tests.persistence.store_rows import (
    FEBRUARY_MS,
    UNEXPIRED_MS,
    RowsOf,
    events_columns,
    ids,
)


class InsertContract:
    def test_the_same_token_again_is_a_no_op(self, store: Store, rows_of: RowsOf, project: str) -> None:
        columns: Columns = {"project_id": [project] * 2, "received_at": [UNEXPIRED_MS] * 2, "code": ["x", "y"]}
        assert [store.insert("bad_rows", columns, token=f"{project}-1") for _ in range(2)] == [2, 2]
        assert len(rows_of("bad_rows", project)) == 2

    def test_another_token_stores_the_rows_again(self, store: Store, rows_of: RowsOf, project: str) -> None:
        columns: Columns = {"project_id": [project], "received_at": [UNEXPIRED_MS], "code": ["x"]}
        for number in range(2):
            store.insert("bad_rows", columns, token=f"{project}-{number}")
        assert len(rows_of("bad_rows", project)) == 2

    def test_a_token_counts_for_its_table_only(self, store: Store, rows_of: RowsOf, project: str) -> None:
        store.insert("bad_rows", {"project_id": [project], "received_at": [UNEXPIRED_MS]}, token=project)
        store.insert("events", events_columns(project, ("e1", FEBRUARY_MS)), token=project)
        assert (len(rows_of("bad_rows", project)), len(rows_of("events", project))) == (1, 1)

    def test_a_token_covers_every_partition_of_its_rows(self, store: Store, project: str) -> None:
        columns = events_columns(project, *((f"e{n}", FEBRUARY_MS + n * 40 * DAY_MS) for n in range(5)))
        for _ in range(2):
            store.insert("events", columns, token=project)
        assert store.stats(StatsFilter(project, 0, FEBRUARY_MS * 2)).total == 5

    def test_columns_left_out_take_their_defaults(self, store: Store, rows_of: RowsOf, project: str) -> None:
        store.insert("events", events_columns(project, ("e1", FEBRUARY_MS)), token=project)
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

    def test_no_rows_are_no_insert(self, store: Store, project: str) -> None:
        assert store.insert("events", events_columns(project), token=project) == 0
        assert store.insert("events", {}, token=project) == 0

    def test_bad_rows_keep_foreign_bytes(self, store: Store, rows_of: RowsOf, project: str) -> None:
        original = b'{"event_type": "\xff\xfe\x00'
        columns: Columns = {"project_id": [project], "received_at": [UNEXPIRED_MS], "original": [original]}
        store.insert("bad_rows", columns, token=project)
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
            store.insert("anomalies", columns, token=f"{project}-{version}")
        assert [row["event_ids"] for row in rows_of("anomalies", project)] == [["e0", "e1"]]

    @pytest.mark.parametrize(
        ("table", "columns", "said"),
        [
            ("nothing", {}, "no table `nothing`"),
            ("events", {"colour": ["red"]}, "no column `colour`"),
            ("events", {"url": ["a"], "path": ["a", "b"]}, "different lengths"),
        ],
    )
    def test_rows_that_fit_no_table_are_the_operators(
        self, store: Store, table: str, columns: Columns, said: str
    ) -> None:
        with pytest.raises(OperatorError, match=said):
            store.insert(table, columns, token="t")

    def test_threads_may_insert_and_read_at_once(self, store: Store, project: str) -> None:
        def work(number: int) -> int:
            store.insert("events", events_columns(project, (f"e{number}", FEBRUARY_MS)), token=f"{project}-{number}")
            return len(store.events(EventFilter(project, session_id="s1")))

        with ThreadPoolExecutor(8) as threads:
            seen = list(threads.map(work, range(24)))
        assert min(seen) >= 1
        assert len(ids(store, EventFilter(project, session_id="s1"))) == 24
