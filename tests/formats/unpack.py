"""The folders that released versions wrote, unpacked: each format can be opened again and again."""

import json
import tarfile
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
ARCHIVES: Final = sorted(HERE.glob("format-*.tar.xz"))


def unpack(archive: Path, place: Path) -> tuple[Path, dict[str, Any]]:
    """The data folder, and the analyses it answered: "s1" is the last generation of s1, "s1#2" the second one."""
    with tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")
    expected = json.loads((place / "data" / "expected.json").read_text())
    return place / "data", expected["analyses"]


def said_before(now: Any, then: Any) -> Any:
    """Of what is said now only what was said then, in all its parts."""
    if isinstance(then, dict) and isinstance(now, dict):
        return {name: said_before(now.get(name), part) for name, part in then.items()}
    if isinstance(then, list) and isinstance(now, list) and len(now) == len(then):
        return [said_before(*both) for both in zip(now, then, strict=True)]
    return now
