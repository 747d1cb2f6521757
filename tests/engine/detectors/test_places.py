import pytest

from engine.detectors.places import page_of
from tests.engine.detectors.moments import screen, view


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://shop.example/cart?b=2&a=1#top", "/cart?a=1&b=2"),
        ("https://shop.example", "/"),
        ("https://shop.example/", "/"),
        ("https://shop.example?q=1", "/?q=1"),
        ("/cart", "/cart"),
        ("/cart?", "/cart"),
        ("/cart#", "/cart"),
        ("/go?to=https://other.example/x", "/go?to=https://other.example/x"),
    ],
)
def test_a_page_is_its_path_and_its_sorted_query(url: str, page: str) -> None:
    assert page_of(view(0, "/told", url=url)) == page


def test_the_fragment_is_part_of_it_where_that_is_asked() -> None:
    assert page_of(view(0, "/", url="https://a.example/x?b&a#here"), with_fragment=True) == "/x?a&b#here"


def test_a_screen_is_its_name() -> None:
    assert page_of(screen(0, "Home")) == "Home"
