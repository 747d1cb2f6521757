"""Inserts that are tried again after one whose end nobody knows.

ClickHouse notes a token before the part that it names is in its place. A process that is killed in between takes the
rows with it and keeps the token, so that it drops the retry as a copy of what it does not have. Hence a retry looks
whether the rows are there, and sends those that are not under another token.
"""

from typing import Final

from engine.errors import Wait
from persistence.ports import Rows, Store

_MOST_TOKENS: Final = 20  # each is lost only to a kill at that very moment


def insert_again(store: Store, table: str, rows: Rows, *, token: str) -> None:
    """As `Store.insert`, and every row is there afterwards, or a newer version of it. An insert that is still under way
    in a server may be taken for lost: its rows come twice, and the table drops one of each by itself.

    Raises Wait when the table does not keep them.
    """
    store.insert(table, rows, token=token)
    lacking = store.lacking(table, rows)
    for number in range(1, _MOST_TOKENS + 1):
        if not lacking.num_rows:
            return
        store.insert(table, lacking, token=f"{token}:again-{number}")
        lacking = store.lacking(table, rows)
    if lacking.num_rows:
        message = f"{lacking.num_rows} rows of `{table}` were inserted and are not there."
        raise Wait(message)
