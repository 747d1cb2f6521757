"""Which page a page view shows, so that two views of the same page can be told."""

from engine.moment import Moment


def page_of(moment: Moment, *, with_fragment: bool = False) -> str:
    """`https://shop.example/cart?b=2&a=1#top` is `/cart?a=1&b=2`: the path, and its query whatever the order of it.
    Without a URL it is the path or the screen's name."""
    url, mark, fragment = moment.url.partition("#")
    if not url:
        return moment.page
    address, _, query = url.partition("?")
    _, has_host, rest = address.partition("://")
    path = "/" + rest.partition("/")[2] if has_host else address
    if query:
        path = f"{path}?{'&'.join(sorted(query.split('&')))}"
    if with_fragment and mark:
        path = f"{path}#{fragment}"
    return moment.page if path == moment.page else path  # which sessions share
