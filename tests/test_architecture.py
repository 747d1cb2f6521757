"""What holds for the code as a whole, whoever writes it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.sources import PACKAGES, ROOT, TESTED_TREES, imported_modules, parsed, python_files, shown

MAX_LINES: Final = 300
PURE_LIBRARIES: Final = frozenset({"msgspec", "xxhash"})
IMPURE_MODULES: Final = frozenset(
    {"asyncio", "datetime", "logging", "random", "secrets", "socket", "sqlite3", "subprocess", "threading", "time"}
)
RAY_FILES: Final = frozenset({"actors/remote.py"})
ENVIRONMENT_FILES: Final = {
    "cli/settings.py": "the settings",
    "actors/ray_settings.py": "Ray takes its own settings from the environment only",
    "tests/conftest.py": "removes stray settings",
}
BROAD_EXCEPT_FILES: Final = {
    "engine/watch.py": "a detector that raises is quarantined for its session and its events are kept",
    "engine/summary.py": "patterns that fail are left out of the answer and counted; the session is right without them",
    "gateway/app.py": "the edge of a request: logs, counts and answers 500",
    "actors/shells.py": "the edge of an actor's process: what is not the caller's fault ends it",
    "actors/persister_loop.py": "the loop of the persister: counts the failure and goes on",
    "actors/courier.py": "the thread of a channel: what nobody foresaw ends its process, and the message is sent again",
    "actors/pulse.py": "the thread that asks whether the store answers: says what failed and asks again",
    "cli/serve_command.py": "the edge of the served process: shows the traceback, its supervisor starts it anew",
}
CODE: Final = list(python_files(*PACKAGES))
EVERYTHING: Final = list(python_files(*TESTED_TREES))


def names(file: Path) -> set[str]:
    return {module.partition(".")[0] for module in imported_modules(parsed(file))}


@pytest.mark.parametrize("file", CODE, ids=shown)
def test_imports_go_one_way(file: Path) -> None:
    package = file.relative_to(ROOT).parts[0]
    above = set(PACKAGES[PACKAGES.index(package) + 1 :]) | {"tests", "benchmarks"}
    assert not names(file) & above


@pytest.mark.parametrize("file", list(python_files("engine")), ids=shown)
def test_the_engine_imports_nothing_that_acts(file: Path) -> None:
    allowed = (sys.stdlib_module_names - IMPURE_MODULES) | PURE_LIBRARIES | {"engine"}
    assert names(file) <= allowed


@pytest.mark.parametrize("file", list(python_files("simulator")), ids=shown)
def test_the_simulator_is_a_client_and_knows_nothing_of_the_engine(file: Path) -> None:
    assert not names(file) & (set(PACKAGES) - {"simulator"})


def test_ray_is_imported_in_one_file() -> None:
    found = {shown(file) for file in CODE if "ray" in names(file)}
    assert found <= RAY_FILES


def test_the_environment_is_read_where_settings_are_made() -> None:
    found = {shown(file) for file in EVERYTHING if any(_environment_uses(parsed(file)))}
    assert found <= ENVIRONMENT_FILES.keys()


@pytest.mark.parametrize("file", EVERYTHING, ids=shown)
def test_a_file_is_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("file", [file for file in CODE if file.stat().st_size], ids=shown)
def test_a_file_says_what_it_is(file: Path) -> None:
    assert ast.get_docstring(parsed(file))


def test_nothing_is_mocked() -> None:
    found = {shown(file) for file in EVERYTHING if any("mock" in name for name in imported_modules(parsed(file)))}
    assert found == set()


def test_only_live_tests_sleep() -> None:
    found = {shown(file) for file in python_files("tests") if "live" not in file.parts and any(_sleeps(parsed(file)))}
    assert found == set()


def test_broad_excepts_stand_at_the_edges_only() -> None:
    found = {shown(file) for file in CODE if any(_broad_excepts(parsed(file)))}
    assert found <= BROAD_EXCEPT_FILES.keys()


def test_nothing_is_printed_for_debugging_or_left_to_do() -> None:
    found = {shown(file) for file in CODE if any(_prints(parsed(file))) or "TODO" in file.read_text(encoding="utf-8")}
    assert found == set()


def _environment_uses(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"):
            yield node
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (name for name in node.names if name.name in ("environ", "getenv"))


def _sleeps(tree: ast.Module) -> Iterator[ast.Call]:
    """`sleep(0)` lets other tasks run and takes no time."""
    for call in _calls(tree, "sleep"):
        if not (call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0):
            yield call


def _prints(tree: ast.Module) -> Iterator[ast.Call]:
    return (call for call in _calls(tree, "print") if isinstance(call.func, ast.Name))


def _calls(tree: ast.Module, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name == _last_name(node.func):
            yield node


def _last_name(called: ast.expr) -> str:
    """`sleep` of `sleep()` and of `time.sleep()`."""
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _broad_excepts(tree: ast.Module) -> Iterator[ast.ExceptHandler]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type):
            yield node


def _is_broad(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(_is_broad(item) for item in caught.elts)
    return caught is None or (isinstance(caught, ast.Name) and caught.id in ("Exception", "BaseException"))


def test_only_the_store_pays_for_clickhouse_and_arrow() -> None:
    """A shard that was killed is back sooner, and each shard and gateway is 50 MB smaller."""
    program = "import sys, actors.remote, gateway.server; print({'pyarrow', 'clickhouse_connect'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
