"""What each event type does in a session: the page it is on and the data it carries, both as JSON."""

from collections.abc import Callable, Mapping
from typing import Final

from simulator.session import Session
from simulator.shop import ALL_PRODUCTS, PAGES, SEARCH_TERMS
from simulator.tables import PAYMENT_METHODS
from simulator.texts import (
    ACCOUNT_PAGE,
    CART_PAGE,
    CHECKOUT_PAGE,
    CONFIRMATION_PAGE,
    HELP_PAGE,
    NO_DATA,
    ONE_ITEM,
    PAGE_TEXTS,
    PRODUCT_PAGES,
    SEARCH_PAGE,
    TWO_ITEMS,
)

Random = Callable[[], float]
Scene = tuple[str, str]  # page_info, event_data
Action = Callable[[Session, int, Random], Scene]  # the time in Unix ms

# Pages are walked forwards only: back to the page before the last within seconds would be a u-turn that nobody planned.
_LONGEST_STEP: Final = 3


def _page_view(session: Session, at_ms: int, random: Random) -> Scene:
    session.page = (session.page + 1 + int(random() * _LONGEST_STEP)) % len(PAGES)
    return PAGE_TEXTS[session.page], NO_DATA


def _product_view(session: Session, at_ms: int, random: Random) -> Scene:
    product = session.product = (session.product + 1 + int(random() * _LONGEST_STEP)) % len(ALL_PRODUCTS)
    return PRODUCT_PAGES[product], ONE_ITEM[product]


def _search(session: Session, at_ms: int, random: Random) -> Scene:
    term = SEARCH_TERMS[int(random() * len(SEARCH_TERMS))]
    results, took_ms = int(random() * 500), 200 + int(random() * 3_000)
    data = f'{{"search_term":"{term}","search_results_count":{results},"search_duration_ms":{took_ms}}}'
    return SEARCH_PAGE, data


def _add_to_cart(session: Session, at_ms: int, random: Random) -> Scene:
    product = session.product
    if random() < 0.8:
        session.cart = (*session.cart, product)
        return PRODUCT_PAGES[product], ONE_ITEM[product]
    session.cart = (*session.cart, product, product)
    return PRODUCT_PAGES[product], TWO_ITEMS[product]


def _remove_from_cart(session: Session, at_ms: int, random: Random) -> Scene:
    product = session.cart[-1] if session.cart else session.product
    session.cart = session.cart[:-1]
    return CART_PAGE, ONE_ITEM[product]


def _begin_checkout(session: Session, at_ms: int, random: Random) -> Scene:
    return CHECKOUT_PAGE, _order(session, at_ms, random)


def _complete_checkout(session: Session, at_ms: int, random: Random) -> Scene:
    data = _order(session, at_ms, random)
    session.cart = ()
    return CONFIRMATION_PAGE, data


def _order(session: Session, at_ms: int, random: Random) -> str:
    """Who has an empty cart buys the product looked at last. The number stays the same from begin to completion
    while the cart does."""
    value = sum(ALL_PRODUCTS[product].price for product in session.cart or (session.product,))
    number = 1_000 + (session.started_ms + 7 * len(session.cart)) % 9_000
    method = PAYMENT_METHODS[session.started_ms % len(PAYMENT_METHODS)]
    order = f"ord_{session.started_ms // 1000}_{number}"
    return f'{{"order_id":"{order}","order_value":{value:.2f},"payment_method":"{method}"}}'


def _of_product(session: Session, at_ms: int, random: Random) -> Scene:
    return PRODUCT_PAGES[session.product], ONE_ITEM[session.product]


def _review_write(session: Session, at_ms: int, random: Random) -> Scene:
    data = f'{{"product_id":"{ALL_PRODUCTS[session.product].id}","rating":{1 + int(random() * 5)}}}'
    return PRODUCT_PAGES[session.product], data


def _on_account(session: Session, at_ms: int, random: Random) -> Scene:
    return ACCOUNT_PAGE, NO_DATA


def _on_help(session: Session, at_ms: int, random: Random) -> Scene:
    return HELP_PAGE, NO_DATA


def _where_it_is(session: Session, at_ms: int, random: Random) -> Scene:
    return session.here or PAGE_TEXTS[0], NO_DATA


_ACTIONS: Final[Mapping[str, Action]] = {
    "page_view": _page_view,
    "product_view": _product_view,
    "search": _search,
    "add_to_cart": _add_to_cart,
    "begin_checkout": _begin_checkout,
    "login": _on_account,
    "wishlist_add": _of_product,
    "complete_checkout": _complete_checkout,
    "remove_from_cart": _remove_from_cart,
    "newsletter_signup": _where_it_is,
    "account_create": _on_account,
    "logout": _where_it_is,
    "review_write": _review_write,
    "contact_support": _on_help,
}


def action(event_type: str) -> Action:
    """A type that only a changed journey knows happens where the person is, with no data."""
    return _ACTIONS.get(event_type, _where_it_is)
