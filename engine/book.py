"""What the rules of every project are, and since which version: plain data that a journal carries and a snapshot keeps.

Versions are numbers of the whole book: each change takes the next one, for all that it changes. Rules are kept as what
they have otherwise than the defaults of the code, so that a book of defaults is empty, and a journal without one holds
version 1.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from engine.errors import ClientError
from engine.overlay import KINDS, Overlay, applied, changed_kinds, difference, plain
from engine.rules import Rules

MAX_BOOK_BYTES: Final = 200_000  # each save of a shard writes it
DEFAULTS: Final = Rules()

Values = dict[str, dict[str, Any]]


class Page(msgspec.Struct, array_like=True, frozen=True):
    """The rules of one project. `versions`: of the detectors whose rule has changed since version 1. `rules`: in force,
    beside the defaults. `own`: what the project itself set, which is part of them."""

    version: int = 1
    versions: dict[str, int] = {}
    rules: Values = {}
    own: Values = {}


class Book(msgspec.Struct, array_like=True, frozen=True):
    """`base`: of every project that has no page. New fields go to the end with a default."""

    version: int = 1
    base: Page = Page()
    projects: dict[str, Page] = {}

    def page(self, project_id: str) -> Page:
        return self.projects.get(project_id, self.base)


class Dated(msgspec.Struct, array_like=True, frozen=True):
    """In force for the frames after `seq`."""

    seq: int = 0
    book: Book = Book()


class Configured(msgspec.Struct, frozen=True):
    """What the configuration says: of all projects, and of some what they have otherwise."""

    rules: Rules = DEFAULTS
    projects: Mapping[str, Overlay] = {}

    def of(self, project_id: str) -> Rules:
        return applied(self.rules, self.projects.get(project_id, {}))

    def book(self, before: Book) -> Book:
        """`before` under this configuration; itself when that changes nothing."""
        version = before.version + 1
        base = _turned(before.base, self.rules, before.base.own, version)
        known = {project_id: before.page(project_id) for project_id in (*before.projects, *self.projects)}
        pages = {
            project_id: _turned(page, readable(self.of(project_id), page.own), page.own, version)
            for project_id, page in known.items()
        }
        # A project without a page of its own may be configured as all others are: then it needs none.
        pages = {name: page for name, page in pages.items() if name in before.projects or page != base}
        book = Book(version, base, pages)
        return before if (base, pages) == (before.base, before.projects) else book

    def put(self, before: Book, project_id: str, own: Overlay) -> Book:
        """The book in which a project has set `own` in the place of what it had set; `before` when that is the same.
        Raises ClientError for a wrong value, and when the book is full."""
        rules = applied(self.of(project_id), own)
        page = before.page(project_id)
        kept = difference_of(own, rules)
        if kept == page.own:
            return before
        version = before.version + 1
        book = Book(version, before.base, {**before.projects, project_id: _turned(page, rules, kept, version)})
        if len(encode_book(book)) > MAX_BOOK_BYTES and kept:
            message = f"The rules of all projects take more than {MAX_BOOK_BYTES} bytes, the most they may."
            raise ClientError(message, "too_many_rules", 409)
        return book


def rules_of(page: Page) -> Rules:
    return readable(DEFAULTS, page.rules)


def difference_of(own: Overlay, rules: Rules) -> Values:
    """`own`, each value as it is in `rules`, in a fixed order: what is the same is equal."""
    return {
        kind: {name: plain(getattr(getattr(rules, kind), name)) for name in sorted(own[kind])}
        for kind in KINDS
        if own.get(kind)
    }


def readable(rules: Rules, overlay: Overlay) -> Rules:
    """As `applied`, but what another version of the code kept and this one does not know is left out."""
    for kind, values in overlay.items():
        for name, value in values.items():
            try:
                rules = applied(rules, {kind: {name: value}})
            except ClientError:
                continue
    return rules


def _turned(page: Page, rules: Rules, own: Values, version: int) -> Page:
    kinds = changed_kinds(rules, rules_of(page))
    if not kinds and own == page.own:
        return page
    now = version if kinds else page.version
    return Page(now, {**page.versions, **dict.fromkeys(kinds, version)}, difference(rules, DEFAULTS), own)


encode_book = msgspec.msgpack.Encoder().encode
decode_book = msgspec.msgpack.Decoder(Book).decode
