"""The events that every load is made of: JSON texts with four places to fill in, 280 to 370 bytes each when filled."""

import json
from typing import Any, Final

SLOTS: Final = ("event_id", "session_id", "user_id", "timestamp")  # in the order in which a text holds them
_MARK: Final = "@"  # stands in no text but as a place to fill in


def _cut(event_type: str, **fields: Any) -> tuple[str, ...]:
    """The five pieces between which ids and time go."""
    event = dict.fromkeys(SLOTS, _MARK) | {"event_type": event_type} | fields
    return tuple(json.dumps(event, separators=(",", ":")).split(_MARK))


def _page(path: str, title: str) -> tuple[str, ...]:
    referrer = "https://shop.example/search?q=running+shoes"
    return _cut("page_view", url=f"https://shop.example{path}", title=title, referrer=referrer)


def _click(path: str, x: int, y: int, selector: str, text: str) -> tuple[str, ...]:
    target = {"selector": selector, "tag": "button", "text": text}
    return _cut("click", url=f"https://shop.example{path}", payload={"x": x, "y": y, "target": target})


def _scroll(depth_percent: int) -> tuple[str, ...]:
    payload = {"depth_percent": depth_percent, "scroll_y": depth_percent * 31}
    return _cut("scroll", url="https://shop.example/products/trail-42", payload=payload)


_PRODUCT: Final = "/products/trail-42?color=blue&size=43"

OPENING: Final = _page("/?utm_source=newsletter&utm_campaign=spring", "Running shoes for every ground | Shop")
CLOSING: Final = _cut(
    "session_end", url="https://shop.example/thanks", payload={"reason": "page_hide", "open_ms": 95_000}
)
MIDDLE: Final = (
    _click("/search", 412, 388, "#results > li:nth-child(3) button", "Open"),
    _page(_PRODUCT, "Trail 42, blue | Shop"),
    _scroll(25),
    _click(_PRODUCT, 640, 512, "#sizes button.size-43", "43"),
    _cut(
        "mouse_move",
        url=f"https://shop.example{_PRODUCT}",
        payload={"points": [[10, 20], [14, 28], [31, 40], [52, 61]]},
    ),
    _scroll(60),
    _cut(
        "typing", screen_name="chat", url="https://shop.example/help/chat", payload={"length": 18, "field": "message"}
    ),
    _cut(
        "send_message",
        screen_name="chat",
        url="https://shop.example/help/chat",
        payload={"length": 18, "thread": "t-7"},
    ),
    _click(_PRODUCT, 702, 590, "#add-to-cart", "Add to cart"),
    _cut("add_to_cart", url="https://shop.example/cart", payload={"sku": "T42-43-B", "price": 89.9, "currency": "EUR"}),
    _page("/cart", "Your cart | Shop"),
    _cut(
        "web_vitals", url="https://shop.example/cart", payload={"lcp": 1830.5, "fid": 12.0, "cls": 0.04, "ttfb": 210.0}
    ),
    _scroll(90),
    _click("/cart", 880, 640, "#checkout", "Go to checkout"),
    _cut(
        "js_error",
        url="https://shop.example/checkout",
        payload={"message": "x is undefined", "stack": "at pay (app.js:7)"},
    ),
    _cut(
        "checkout_step", url="https://shop.example/checkout", payload={"step": 2, "name": "address", "is_guest": True}
    ),
    _click("/checkout", 300, 720, "form.address button[type=submit]", "Continue"),
)
ALL: Final = (OPENING, *MIDDLE, CLOSING)
