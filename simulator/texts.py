"""The shop as JSON texts, made once: page_info of every page and product, event_data of every product."""

from typing import Final

from simulator.people import to_json
from simulator.shop import ALL_PRODUCTS, PAGES, Page, Product


def page_text(page: Page) -> str:
    return to_json({"page_url": page.url, "page_title": page.title, "page_category": page.category})


def _product_page(product: Product) -> str:
    return to_json(
        {
            "page_url": product.url,
            "page_title": f"{product.name} - Product",
            "page_category": "product",
            "product_id": product.id,
            "product_category": product.category,
        }
    )


def _item(product: Product, quantity: int) -> str:
    return to_json(
        {
            "product_id": product.id,
            "product_category": product.category,
            "quantity": quantity,
            "price": product.price,
        }
    )


NO_DATA: Final = "{}"
PAGE_TEXTS: Final = tuple(page_text(page) for page in PAGES)
PRODUCT_PAGES: Final = tuple(_product_page(product) for product in ALL_PRODUCTS)
ONE_ITEM: Final = tuple(_item(product, 1) for product in ALL_PRODUCTS)
TWO_ITEMS: Final = tuple(_item(product, 2) for product in ALL_PRODUCTS)
SEARCH_PAGE: Final = page_text(Page("search", "/search", "Search"))
CHECKOUT_PAGE: Final = page_text(Page("checkout", "/checkout", "Checkout"))
CONFIRMATION_PAGE: Final = page_text(Page("checkout", "/checkout/done", "Thank You"))
CHAT_PAGE: Final = page_text(Page("help", "/help/chat", "Chat"))
CART_PAGE: Final = next(text for text, page in zip(PAGE_TEXTS, PAGES, strict=True) if page.category == "cart")
ACCOUNT_PAGE: Final = next(text for text, page in zip(PAGE_TEXTS, PAGES, strict=True) if page.category == "account")
HELP_PAGE: Final = next(text for text, page in zip(PAGE_TEXTS, PAGES, strict=True) if page.category == "help")
