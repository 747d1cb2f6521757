"""Which page a page view shows, so that two views of the same page can be told."""

from functools import lru_cache

from engine.moment import Moment


def page_of(moment: Moment, *, with_fragment: bool = False) -> str:
    """`https://shop.example/cart?b=2&a=1#top` is `/cart?a=1&b=2`: the path, and its query whatever the order of it.
    Without a URL it is the path or the screen's name."""
    return _page(moment.url, moment.page, with_fragment)


@lru_cache(maxsize=1_000)
def _page(url: str, page: str, with_fragment: bool) -> str:
    """One object for all sessions that see it: a hundred bytes less for each visit. Few are kept: addresses are the
    clients' words."""
    url, mark, fragment = url.partition("#")
    if not url:
        return page
    address, _, query = url.partition("?")
    _, has_host, rest = address.partition("://")
    path = "/" + rest.partition("/")[2] if has_host else address
    if query:
        path = f"{path}?{'&'.join(sorted(query.split('&')))}"
    if with_fragment and mark:
        path = f"{path}#{fragment}"
    return page if path == page else path
