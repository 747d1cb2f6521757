"""Writes what of docs/ is made from the code: `python -m cli.documents`. Tests compare the two."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cli.catalogue import SETTINGS, Setting
from cli.settings import variable_of
from engine import config
from gateway.metric_table import metrics_page
from simulator import guide

TARGET: Final = Path(__file__).parent.parent / "docs" / "configuration.md"

HEAD: Final = """\
# Configuration

Made from `engine/config.py` by `python -m cli.documents`; do not edit by hand.

A value comes from, each over the one before: its default, a TOML file (`--config FILE` or `SESSIOND_CONFIG=FILE`),
an environment variable (`SESSIOND_<SECTION>__<FIELD>`), a flag of `sessiond serve`. `sessiond config` prints what is in
force and where each value came from. An unknown setting or a value out of range stops the start with exit code 2.
Units are in the names. In a variable, a list is written `a,b,c`, a list of lists as JSON.

```toml
data_dir = "/var/lib/sessiond"

[server]
port = 9000
```
"""


def remarks(source: str) -> dict[str, str]:
    """Setting name -> the comment beside or above its field; section name -> its docstring."""
    found: dict[str, str] = {}
    lines = source.splitlines()
    for section in ast.parse(source).body:
        if isinstance(section, ast.ClassDef):
            found.update(_section_remarks(section, lines))
    return found


def document() -> str:
    said = remarks(inspect.getsource(config))
    return HEAD + "".join(_tables(said))


def _section_remarks(section: ast.ClassDef, lines: list[str]) -> Iterator[tuple[str, str]]:
    name = section.name.lower()
    yield name, ast.get_docstring(section) or ""
    for node in section.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            field = node.target.id if name == "config" else f"{name}.{node.target.id}"
            if field in SETTINGS:  # the fields of Config that hold sections are said by the section
                yield field, _comment(lines, node)


def _comment(lines: list[str], node: ast.AnnAssign) -> str:
    beside = lines[(node.end_lineno or node.lineno) - 1][node.end_col_offset or 0 :]
    return " ".join([*_above(lines, node.lineno - 2), *re.findall(r"#\s*(.*)", beside)])


def _above(lines: list[str], index: int) -> list[str]:
    block: list[str] = []
    while lines[index].strip().startswith("#"):
        block.insert(0, lines[index].strip().lstrip("# "))
        index -= 1
    return block


def _tables(said: dict[str, str]) -> Iterator[str]:
    section = None
    for setting in SETTINGS.values():
        if setting.section != section:
            section = setting.section
            yield _table_head(section, said)
        yield _line(setting, said[setting.name])


def _table_head(section: str, said: dict[str, str]) -> str:
    title = f"## [{section}]\n\n{said[section]}\n" if section else "## At the top of the file\n"
    return f"\n{title}\n| setting | default | allowed | why, and the variable |\n|---|---|---|---|\n"


def _line(setting: Setting, why: str) -> str:
    reason = f"{why}<br>" if why else ""
    shown = f"`{shown_value(setting.default)}`" if setting.default != "" else "empty"
    return f"| `{setting.field}` | {shown} | {setting.allowed} | {reason}`{variable_of(setting)}` |\n"


def shown_value(value: object) -> str:
    """As it is written in TOML; sets in order, so that two runs show the same."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, frozenset):
        return "[" + ", ".join(shown_value(item) for item in sorted(value)) + "]"
    if isinstance(value, tuple):
        return "[" + ", ".join(shown_value(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")
    TARGET.with_name("metrics.md").write_text(metrics_page(), encoding="utf-8")
    TARGET.with_name("simulator.md").write_text(guide.page(), encoding="utf-8")
