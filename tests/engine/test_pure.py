"""The engine sees no clock, no chance, no disk and no network: held against its imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import engine

ALLOWED = {
    "bisect",
    "collections",
    "contextlib",
    "engine",
    "fnmatch",
    "functools",
    "heapq",
    "itertools",
    "operator",
    "math",
    "msgspec",
    "re",
    "struct",
    "sys",
    "types",
    "typing",
    "xxhash",
}
# How many CPUs there are: the default of a setting, asked by those who start the engine. `urllib.parse` only takes a
# text apart.
EXCEPTIONS = {("config.py", "os"), ("campaign.py", "urllib")}


def imported(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def test_the_engine_imports_nothing_that_could_change_an_answer() -> None:
    folder = Path(engine.__path__[0])
    found = {(file.name, name) for file in folder.rglob("*.py") for name in imported(file)}
    assert {pair for pair in found if pair[1] not in ALLOWED} <= EXCEPTIONS
