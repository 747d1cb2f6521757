"""What a table is, and the types that most columns have."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from engine.errors import OperatorError

TIME: Final = "DateTime64(3, 'UTC')"
WORD: Final = "LowCardinality(String)"  # few different values: stored as numbers


class Table(msgspec.Struct, frozen=True):
    """`key` identifies a row; of several with one key the highest `version` stays. `version` = "": rows only add up.

    `foreign_bytes`: String columns that keep bytes as they came, which may be no UTF-8.
    """

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...] = ()
    version: str = ""
    foreign_bytes: frozenset[str] = frozenset()

    def require(self, columns: Iterable[str]) -> None:
        """Raises `OperatorError` for a column that the table lacks."""
        unknown = [name for name in columns if name not in self.columns]
        if unknown:
            msg = f"Table `{self.name}` has no column `{unknown[0]}`: code and schema do not belong together."
            raise OperatorError(msg)
