"""What a session did on each page."""

from collections import Counter
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis import PageStay
from engine.pages import MAX_NAME, MAX_PAGES, MAX_VISITS, OTHER, Pages
from tests.builders import T0

Visit = tuple[int, str]


def opened(*visits: Visit) -> Pages:
    pages = Pages()
    for number, (at, name) in enumerate(visits):
        visit(pages, at, name, is_latest=at >= max((earlier for earlier, _ in visits[:number]), default=0))
    return pages


def visit(pages: Pages, at: int, name: str, *, is_latest: bool = False) -> None:
    pages.visit(name, T0 + at, is_latest=is_latest)


def stays(pages: Pages, last: int) -> dict[str, tuple[int, int]]:
    """Views and milliseconds by page."""
    return {stay.path: (stay.views, stay.time_ms) for stay in pages.stays(T0 + last)}


def test_a_page_lasts_until_the_next_one_and_the_last_one_until_the_last_event() -> None:
    pages = opened((0, "/"), (5_000, "/cart"), (5_500, "/"))
    assert stays(pages, 6_000) == {"/": (2, 5_500), "/cart": (1, 500)}


def test_the_longest_stay_comes_first() -> None:
    pages = opened((0, "/a"), (1, "/b"), (5, "/c"), (6, "/a"))
    assert [stay.path for stay in pages.stays(T0 + 6)] == ["/b", "/a", "/c"]


def test_a_late_visit_takes_its_part_of_the_page_before() -> None:
    pages = opened((0, "/"), (10_000, "/cart"))
    visit(pages, 4_000, "/item")
    assert stays(pages, 10_000) == {"/": (1, 4_000), "/item": (1, 6_000), "/cart": (1, 0)}


def test_a_late_first_visit_goes_to_the_front() -> None:
    pages = opened((10_000, "/cart"), (0, "/"))
    assert stays(pages, 12_000) == {"/": (1, 10_000), "/cart": (1, 2_000)}


def test_of_two_visits_at_one_time_the_one_that_came_last_stays() -> None:
    assert stays(opened((0, "/a"), (0, "/b")), 100) == {"/a": (1, 0), "/b": (1, 100)}
    assert stays(opened((0, "/a"), (50, "/c"), (0, "/b")), 50) == {"/a": (1, 0), "/b": (1, 50), "/c": (1, 0)}


VISITS = st.lists(
    st.tuples(st.integers(0, 100_000), st.sampled_from("abcd")), max_size=MAX_VISITS, unique_by=lambda v: v[0]
)


@given(VISITS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(visits: list[Visit], random: Random) -> None:
    mixed = [*visits]
    random.shuffle(mixed)
    assert opened(*mixed).stays(T0 + 100_000) == opened(*sorted(visits)).stays(T0 + 100_000)


@given(st.lists(st.tuples(st.integers(0, 1_000), st.sampled_from("abcd")), max_size=150))
def test_in_order_the_sums_are_exact_however_many_visits(steps: list[Visit]) -> None:
    at, visits, defined = 0, list[Visit](), Counter[str]()
    for step, name in steps:
        if visits:
            defined[visits[-1][1]] += step
        at += step
        visits.append((at, name))
    found = stays(opened(*visits), at)
    assert {name: time_ms for name, (_, time_ms) in found.items() if time_ms} == dict(+defined)
    assert {name: views for name, (views, _) in found.items()} == Counter(name for _, name in visits)


def test_a_visit_older_than_all_that_are_kept_is_counted_and_has_no_time() -> None:
    pages = opened(*((at * 1_000, "/a") for at in range(1, 40)))
    visit(pages, 0, "/late")
    assert stays(pages, 39_000) == {"/a": (39, 38_000), "/late": (1, 0)}


def test_pages_without_end_take_bounded_memory() -> None:
    pages = opened(*((at, f"/{at}") for at in range(1_000)))
    assert (len(pages.names), len(pages.visits)) == (MAX_PAGES + 1, 9 * MAX_VISITS)
    found = stays(pages, 1_000)
    assert (found["/0"], found["/49"], found[OTHER]) == ((1, 1), (1, 1), (950, 950))


def test_a_long_name_is_cut() -> None:
    assert [stay.path for stay in opened((0, "x" * 1_000)).stays(T0)] == ["x" * MAX_NAME]


@pytest.mark.parametrize("depths", [(10, 80, 30), (80, 10), (80,)])
def test_the_deepest_scroll_of_each_page_is_kept(depths: tuple[int, ...]) -> None:
    pages = opened((0, "/"), (1, "/long"))
    for depth in depths:
        pages.scroll("/long", depth)
    assert {stay.path: stay.max_scroll_depth for stay in pages.stays(T0 + 1)} == {"/": 0, "/long": 80}


def test_a_page_that_was_scrolled_before_its_visit_came_is_one_page() -> None:
    pages = Pages()
    pages.scroll("/", 100)
    assert pages.stays(T0) == [PageStay("/", 0, 0, 100)]
    visit(pages, 0, "/", is_latest=True)
    assert pages.stays(T0 + 5) == [PageStay("/", 1, 5, 100)]


def test_sessions_that_saw_the_same_pages_share_their_names_also_after_decoding() -> None:
    one, other = opened((0, "/a"), (1, "/b")), opened((0, "/a"), (1, "/b"))
    assert one.names is other.names
    decoded = msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=Pages)
    decoded.share()
    assert decoded.names is one.names
