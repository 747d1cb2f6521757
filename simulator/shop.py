"""What the shop has: pages, products with one price each, and words that people search for."""

from typing import Final, NamedTuple

PRODUCTS: Final = {  # category -> (name, price); a product's place makes its id
    "electronics": (("MacBook Pro 14-inch", 1899.99), ("Wireless Headphones", 299.99), ("4K Monitor", 449.00)),
    "clothing": (("Rain Jacket", 89.95), ("Merino Sweater", 74.50), ("Running Tights", 49.99)),
    "home": (("Desk Lamp", 39.90), ("Cast Iron Pan", 59.00), ("Linen Duvet Cover", 119.00)),
    "books": (("Cookbook", 24.95), ("City Guide", 16.50), ("Crime Novel", 12.99)),
    "sports": (("Yoga Mat", 34.99), ("Trail Shoes", 129.95), ("Kettlebell 16 kg", 54.00)),
    "beauty": (("Face Cream", 27.50), ("Shampoo Bar", 9.95), ("Perfume 50 ml", 78.00)),
    "toys": (("Wooden Train", 44.99), ("Board Game", 32.00), ("Kite", 19.95)),
}

SEARCH_TERMS: Final = tuple(name.lower() for products in PRODUCTS.values() for name, _ in products)


class Page(NamedTuple):
    category: str
    url: str
    title: str


PAGES: Final = (
    Page("home", "/", "Home"),
    Page("deals", "/deals", "Deals of the Week"),
    *(Page("category", f"/category/{name}", f"{name.capitalize()} - Category") for name in PRODUCTS),
    Page("cart", "/cart", "Your Cart"),
    Page("account", "/account", "Your Account"),
    Page("blog", "/blog", "Stories"),
    Page("help", "/help", "Help"),
)


class Product(NamedTuple):
    id: str
    category: str
    name: str
    price: float

    @property
    def url(self) -> str:
        return f"/product/{self.id}"


def _number(index: int) -> int:
    """Four digits that look drawn."""
    return 1234 + index * 389


_LISTED: Final = [(category, *item) for category, items in PRODUCTS.items() for item in items]
ALL_PRODUCTS: Final = tuple(
    Product(f"prod_{category}_{_number(index)}", category, name, price)
    for index, (category, name, price) in enumerate(_LISTED)
)
