"""Whether the rules that shards had, and anomalies name, are those that were set: acked ones, and of those without an
answer some."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from engine.book import Book, rules_of
from engine.rules import Rules
from tests.chaos.changer import Changer, number_of
from tests.chaos.rows import Row
from tests.live.serving import Serving

_PROJECT: Final = "default"
_METRIC: Final = "sessiond_rules_version{"
_KINDS: Final = {
    name: kind for kind in Rules.__struct_fields__ for name in getattr(Rules(), kind).types(kind)
}  # of anomalies


def in_force(server: Serving) -> list[int]:
    """The version that each shard says it has."""
    lines = server.get("/metrics").body.decode().splitlines()
    return [int(float(line.split()[-1])) for line in lines if line.startswith(_METRIC)]


def settled(changer: Changer, versions: Sequence[int], shards: int) -> Iterator[str]:
    """What is wrong when the clients are silent, after a last look. `versions`: see `in_force`."""
    newest = max(changer.versions)
    if list(versions) != [newest] * shards:
        yield f"the shards have the rules of version {list(versions)}, and version {newest} was the last that was seen"


def ruling_faults(changer: Changer, books: Iterable[Book], anomalies: Iterable[Row]) -> Iterator[str]:
    """`books`: those that any shard had. Completes `changer.versions` with changes that nobody was told of."""
    yield from changer.problems
    for book in books:
        yield from _book_faults(changer, book)
    for row in anomalies:
        yield from _anomaly_faults(changer, row)


def _book_faults(changer: Changer, book: Book) -> Iterator[str]:
    page = book.page(_PROJECT)
    rules = rules_of(page)
    number = number_of({"window_ms": rules.rage_click.window_ms})
    yield from _version_faults(changer, page.version, number, "a shard")
    if number in changer.changes and rules != changer.rules(number):
        yield f"a shard has other rules than change {number} said, under version {page.version}"


def _version_faults(changer: Changer, version: int, number: int, who: str) -> Iterator[str]:
    """A version is of one change: of one that was acked under it, or of one without an answer."""
    if version not in changer.versions and number in changer.unsure:
        changer.versions[version] = number
    if changer.versions.get(version) != number:
        yield f"{who} has version {version} of change {number}, which is of {changer.versions.get(version)}"


def _anomaly_faults(changer: Changer, row: Row) -> Iterator[str]:
    """The thresholds are those of the version that it names."""
    kind, version, told = _KINDS[row["type"]], row["rule_version"], json.loads(row["thresholds"])
    name = f"anomaly {row['anomaly_id']}"
    if version not in changer.versions:
        yield f"{name} names version {version} of the rules, which was never in force"
    elif told != (meant := _thresholds(changer, version, kind)):
        yield f"{name} shows {told}, version {version} of {kind} is {meant}"


def _thresholds(changer: Changer, version: int, kind: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(changer.rules(changer.versions[version]), kind).thresholds()
    return found
