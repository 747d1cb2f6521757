"""Addresses made short: paths, routes and hosts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.paths import MAX_ROUTE, other_host, path_of, route_of

UUID = "123e4567-e89b-12d3-a456-426614174000"
ADDRESSES = st.text(max_size=400) | st.from_regex(r"https?://[a-z0-9.:@-]{0,20}(/[a-z0-9.%-]{0,9}){0,4}(\?x=1)?(#y)?")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://a.example/b?c#d", "/b"),
        ("https://a.example/b#d?c", "/b"),
        ("https://a.example", "/"),
        ("https://a.example?c", "/"),
        ("https://a.example/", "/"),
        ("/b/c?d", "/b/c"),
        ("b", "b"),
        ("#d", ""),
        ("", ""),
        ("app://screen/home", "/home"),
        ("/go?to=https://b.example/x", "/go"),
    ],
)
def test_a_path_has_neither_host_nor_query_nor_fragment(url: str, path: str) -> None:
    assert path_of(url) == path


@pytest.mark.parametrize(
    ("segment", "shown"),
    [
        ("17", ":id"),
        (UUID, ":id"),
        (UUID.upper(), ":id"),
        ("507f1f77bcf86cd799439011", ":id"),  # of MongoDB
        ("0123456789abcdef", ":id"),
        ("0123456789abcde", "0123456789abcde"),
        ("deadbeef", "deadbeef"),
        ("v2", "v2"),
        ("17a", "17a"),
        ("१७", "१७"),
        ("", ""),
    ],
)
def test_an_id_in_a_route_is_any_id(segment: str, shown: str) -> None:
    assert route_of("post", f"https://a.example/orders/{segment}/lines?x=17") == f"POST /orders/{shown}/lines"


def test_a_request_without_a_method_gets_and_one_without_an_address_has_no_route() -> None:
    assert (route_of("", "/a"), route_of("POST", ""), route_of("POST", "?x")) == ("GET /a", "", "")


@given(st.text(max_size=400), ADDRESSES)
def test_a_route_is_short_and_has_no_query(method: str, url: str) -> None:
    route = route_of(method, url)
    assert len(route) <= MAX_ROUTE
    assert route == route_of(method, path_of(url) if "://" not in path_of(url) else url)


@given(st.lists(st.integers(0, 10**30) | st.uuids(), min_size=1, max_size=5))
def test_addresses_that_differ_in_ids_alone_are_one_route(ids: list[object]) -> None:
    assert route_of("GET", "/a/" + "/".join(map(str, ids))) == "GET /a/" + "/".join(":id" for _ in ids)


@given(ADDRESSES)
def test_a_path_is_its_own_path(url: str) -> None:
    path = path_of(url)
    assert "?" not in path
    assert "#" not in path
    assert path_of(path) == path or "://" in path


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        ("https://News.example:8080/a?b", "news.example"),
        ("https://www.news.example", "news.example"),
        ("http://user:secret@news.example/", "news.example"),
        ("//news.example/a", ""),
        ("android-app://com.example.mail/", "com.example.mail"),
        ("google.com", "google.com"),
        ("google.com/search?q=1", "google.com"),
        ("https://localhost:3000/a", "localhost"),
        ("http://[::1]:80/a", "[::1]"),
        ("https://münchen.example/", "münchen.example"),
        ("$direct", ""),
        ("direct", ""),
        ("/cart", ""),
        ("...", ""),
        ("https://", ""),
        ("https:// a/", ""),
        ("", ""),
        ("https://shop.example/x", ""),
        ("https://www.SHOP.example:443/x", ""),
        ("https://pay.shop.example/x", "pay.shop.example"),
    ],
)
def test_another_site_is_named_by_its_host(referrer: str, host: str) -> None:
    assert other_host(referrer, "https://shop.example/a") == host


@given(ADDRESSES, ADDRESSES)
def test_a_host_is_short_and_part_of_its_address(referrer: str, url: str) -> None:
    host = other_host(referrer, url)
    assert len(host) <= 300
    assert host in referrer.lower()
    assert other_host(url, url) == ""
