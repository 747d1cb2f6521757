"""Writes what of docs/ is made from the code: `python -m cli.documents`. Tests compare the two."""

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from cli.catalogue import SETTINGS, Setting
from cli.detectors_page import detectors_page
from cli.insights_page import insights_page
from cli.payloads_page import payloads_page
from cli.settings import variable_of
from engine.overlay import plain
from gateway.metric_table import metrics_page
from simulator import guide

TARGET: Final = Path(__file__).parent.parent / "docs" / "configuration.md"

HEAD: Final = """\
# Configuration

Made from `engine/config.py` and `engine/rules.py` by `python -m cli.documents`; do not edit by hand.

A value comes from, each over the one before: its default, a TOML file (`--config FILE` or `SESSIOND_CONFIG=FILE`),
an environment variable (`SESSIOND_<SECTION>__<FIELD>`), a flag of `sessiond serve`. `sessiond config` prints what is in
force and where each value came from. An unknown setting or a value out of range stops the start with exit code 2.
Units are in the names. In a variable, a list is written `a,b,c`; lists of lists or of tables, and tables, as JSON.

```toml
data_dir = "/var/lib/sessiond"

[server]
port = 9000

[detectors.rage_click]
min_clicks = 5

[projects.shop.detectors.rage_click]
min_clicks = 4
```
"""


def remarks() -> dict[str, str]:
    """Setting name -> the comment beside or above its field; section name -> what its struct, and those that it is
    made of, say of themselves."""
    found: dict[str, str] = {}
    for setting in SETTINGS.values():
        classes = [owner for owner in setting.owner.__mro__ if issubclass(owner, msgspec.Struct) and _is_ours(owner)]
        if setting.section:
            found[setting.section] = "\n".join(inspect.cleandoc(owner.__doc__) for owner in classes if owner.__doc__)
        comments = (_comments(owner).get(setting.field, "") for owner in classes)
        found[setting.name] = next((comment for comment in comments if comment), "")
    return found


def document() -> str:
    return HEAD + "".join(_tables(remarks()))


def _is_ours(owner: type) -> bool:
    return owner.__module__.startswith("engine.")


@cache
def _comments(owner: type) -> dict[str, str]:
    """Field name -> the comment beside or above it."""
    source = inspect.getsource(owner)
    lines = source.splitlines()
    [section] = ast.parse(source).body
    assert isinstance(section, ast.ClassDef)
    return {
        node.target.id: _comment(lines, node)
        for node in section.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


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
    shown = f"`{shown_value(setting.default)}`" if setting.default not in ("", {}) else "empty"
    return f"| `{setting.field}` | {shown} | {setting.allowed} | {reason}`{variable_of(setting)}` |\n"


def shown_value(value: object) -> str:
    """As it is written in TOML; sets in order, so that two runs show the same."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, frozenset):
        return "[" + ", ".join(shown_value(item) for item in sorted(value)) + "]"
    if isinstance(value, dict | msgspec.Struct):
        return msgspec.json.encode(plain(value)).decode()
    if isinstance(value, tuple):
        return "[" + ", ".join(shown_value(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")
    TARGET.with_name("metrics.md").write_text(metrics_page(), encoding="utf-8")
    TARGET.with_name("simulator.md").write_text(guide.page(), encoding="utf-8")
    TARGET.with_name("insights.md").write_text(insights_page(), encoding="utf-8")
    TARGET.with_name("detectors.md").write_text(detectors_page(), encoding="utf-8")
    TARGET.with_name("payloads.md").write_text(payloads_page(), encoding="utf-8")
