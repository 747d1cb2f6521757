"""Whose rules are in force, and since when."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.book import MAX_BOOK_BYTES, Book, Configured, Dated, decode_book, encode_book
from engine.errors import ClientError
from engine.rulebook import Rulebook, ruleset_of
from engine.rules import RageClick, Rules, UTurn

FIVE = {"rage_click": {"min_clicks": 5}}
FOUR = {"rage_click": {"min_clicks": 4}}
COUNTS = st.integers(2, 50)


def rage(book: Book, project_id: str = "shop") -> tuple[int, int, int]:
    """min_clicks, the version of the project's rules, and that of the rule."""
    found = ruleset_of(book.page(project_id))
    return found.rules.rage_click.min_clicks, found.version, found.version_of("rage_click")


def test_without_configuration_the_defaults_are_version_1_and_nothing_needs_to_be_written() -> None:
    assert Configured().book(Book()) == Book()
    rulebook = Rulebook()
    assert rulebook.wanted() is rulebook.book
    assert rage(Book()) == (6, 1, 1)


def test_what_a_project_set_goes_over_its_configuration_and_that_over_the_one_of_all() -> None:
    both = Configured(Rules(rage_click=RageClick(min_clicks=7)), {"shop": FIVE})
    book = both.book(Book())
    assert (rage(book, "other")[0], rage(book)[0]) == (7, 5)
    own = both.put(book, "shop", FOUR)
    assert (rage(own, "other")[0], rage(own)[0]) == (7, 4)
    assert rage(both.put(own, "shop", {}))[0] == 5


def test_only_the_rule_that_changed_gets_the_new_version() -> None:
    book = Configured().put(Book(), "shop", FIVE)
    found = ruleset_of(book.page("shop"))
    assert found.version == 2
    assert found.versions == {"rage_click": 2}
    assert rage(book, "other") == (6, 1, 1)


def test_a_configuration_that_changed_between_two_starts_is_a_new_version() -> None:
    first = Configured(Rules(rage_click=RageClick(min_clicks=7))).book(Book())
    assert rage(first) == (7, 2, 2)
    assert Configured(Rules(rage_click=RageClick(min_clicks=7))).book(first) is first
    second = Configured(Rules(rage_click=RageClick(min_clicks=7), u_turn=UTurn(enabled=False))).book(first)
    assert rage(second) == (7, 3, 2)
    assert rage(Configured().book(second)) == (6, 4, 4)


def test_a_project_that_lost_its_configuration_gets_a_new_version_as_well() -> None:
    book = Configured(projects={"shop": FIVE}).book(Book())
    assert rage(Configured().book(book)) == (6, 3, 3)


def test_a_project_that_is_configured_as_all_others_needs_no_page() -> None:
    assert Configured(projects={"shop": {"rage_click": {"min_clicks": 6}}}).book(Book()) == Book()


def test_what_a_project_set_outlives_a_change_of_the_configuration() -> None:
    own = Configured().put(Book(), "shop", FOUR)
    book = Configured(Rules(rage_click=RageClick(min_clicks=9, radius_px=10))).book(own)
    assert ruleset_of(book.page("shop")).rules.rage_click == RageClick(min_clicks=4, radius_px=10)


def test_to_set_the_same_again_changes_nothing() -> None:
    own = Configured().put(Book(), "shop", FOUR)
    assert Configured().put(own, "shop", FOUR) is own


def test_a_value_that_equals_the_configured_one_is_still_the_projects_own() -> None:
    own = Configured().put(Book(), "shop", {"rage_click": {"min_clicks": 6}})
    assert rage(own) == (6, 1, 1)
    assert rage(Configured(Rules(rage_click=RageClick(min_clicks=9))).book(own))[0] == 6


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (
            {"rage_click": {"min_clicks": 1}},
            "`detectors.rage_click.min_clicks` is 1; a whole number from 2 to 50 is allowed.",
        ),
        ({"rage_click": {"min_clicks": "4"}}, "`detectors.rage_click.min_clicks` is '4'; a whole number from 2 to 50"),
        ({"rage_click": {"clicks": 4}}, "`detectors.rage_click.clicks` is no field; there are enabled,"),
        ({"rage": {}}, "`detectors.rage` is no detector; there are rage_click,"),
        ({"rage_click": 4}, "`detectors.rage_click` is 4; a table is allowed."),
    ],
)
def test_a_wrong_value_is_refused_by_name(own: Any, message: str) -> None:
    with pytest.raises(ClientError) as refused:
        Configured().put(Book(), "shop", own)
    assert message in refused.value.message
    assert refused.value.status == 400


def test_a_full_book_refuses_more_but_lets_go() -> None:
    long = {"rage_click": {"ignore_texts": ["x" * 190] * 100}}
    book = Book()
    while len(encode_book(book)) < MAX_BOOK_BYTES - 25_000:
        book = Configured().put(book, f"p{book.version}", long)
    with pytest.raises(ClientError, match=f"more than {MAX_BOOK_BYTES} bytes"):
        Configured().put(book, "new", {**long, "dead_click": long["rage_click"]})
    assert ruleset_of(Configured().put(book, "p1", {}).page("p1")).rules == Rules()


def test_a_ruleset_stays_the_same_object_while_its_rules_do() -> None:
    rulebook = Rulebook()
    before = rulebook.of("other"), rulebook.of("shop")
    rulebook.take(Configured().put(rulebook.book, "shop", FOUR), 5)
    assert rulebook.of("other") is before[0]
    assert rulebook.of("shop") is not before[1]


def test_a_snapshot_keeps_the_book_that_a_replay_begins_with() -> None:
    rulebook = Rulebook()
    first = Configured().put(Book(), "shop", FOUR)
    second = Configured().put(first, "shop", FIVE)
    assert rulebook.kept(100) == []
    rulebook.take(first, 10)
    rulebook.take(second, 20)
    assert rulebook.kept(9) == []
    assert rulebook.kept(19) == [Dated(10, first)]
    again = Rulebook()
    again.load([Dated(10, first)], 19)
    assert again.book == first
    assert rulebook.kept(20) == [Dated(20, second)]


def test_what_another_version_kept_and_this_one_does_not_know_is_left_out() -> None:
    page = msgspec.structs.replace(Book().base, rules={"rage_click": {"min_clicks": 4, "gone": 1}, "older": {"x": 1}})
    assert ruleset_of(page).rules == Rules(rage_click=RageClick(min_clicks=4))


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), COUNTS | st.none(), COUNTS), max_size=12))
def test_versions_only_grow_and_a_book_that_was_written_is_the_book_that_is_read(
    steps: list[tuple[str, int | None, int]],
) -> None:
    """A step sets a project's count, or changes the configuration."""
    book, config = Book(), Configured()
    for project_id, count, configured in steps:
        before = {name: ruleset_of(book.page(name)) for name in ("a", "b", "c")}
        last = book.version
        if count is None:
            config = Configured(Rules(rage_click=RageClick(min_clicks=configured)))
            book = config.book(book)
        else:
            book = config.put(book, project_id, {"rage_click": {"min_clicks": count}})
        assert decode_book(encode_book(book)) == book
        assert book.version in (last, last + 1)
        for name, was in before.items():
            now = ruleset_of(book.page(name))
            changed = now.rules != was.rules
            assert now.version == (book.version if changed else was.version)
            assert (now.version_of("rage_click") > was.version_of("rage_click")) == changed
        assert config.book(book) is book
