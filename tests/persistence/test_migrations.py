"""The shipped files are numbered without a hole, and a file is cut into its statements."""

from persistence.migrations import Migration, shipped_migrations
from persistence.tables import TABLES


def test_numbers_run_from_one_without_a_hole() -> None:
    assert [migration.version for migration in shipped_migrations()] == list(range(1, len(shipped_migrations()) + 1))


def test_every_table_has_a_file() -> None:
    assert set(TABLES) <= {migration.name for migration in shipped_migrations()}


def test_no_file_makes_a_kafka_table() -> None:
    # In the embedded database it fails, stays in the metadata, and the database cannot be opened any more.
    assert not any("kafka" in migration.sql.lower() for migration in shipped_migrations())


def test_statements_end_with_a_semicolon_at_the_end_of_a_line() -> None:
    sql = "-- about; this\nCREATE a;\n\nINSERT 'x;y';\n-- the end\nDROP b"
    assert Migration(1, "some", sql).statements() == ["CREATE a", "INSERT 'x;y'", "DROP b"]
