"""The formats that `sessiond import` reads: one file each, one table."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cli.formats import access_log, csv, jsonl
from cli.formats.row import Reader

FORMATS: Final[Mapping[str, Reader]] = MappingProxyType(
    {"access-log": access_log.read, "jsonl": jsonl.read, "csv": csv.read}
)

_BY_SUFFIX: Final = MappingProxyType({"jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "tsv": "csv"})


def guess(name: str, first_line: bytes) -> str:
    """By the file's name, else by its first line; a log is what is left."""
    suffix = name.lower().removesuffix(".gz").rpartition(".")[2]
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    return "jsonl" if first_line.lstrip().startswith(b"{") else "access-log"
