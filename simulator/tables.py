"""The tables of seed 002: what there is, how often, and what follows what. Shares are normalised where they are used.

Where the seed gives no shares (cities, page and product categories) all are alike.
"""

from typing import Final, NamedTuple

DEFAULT_RATE_PER_HOUR: Final = 5_000.0
DEFAULT_SESSION_RANGE_S: Final = (60, 1_800)
DEFAULT_REUSE: Final = 0.70


class EventType(NamedTuple):
    weight: float
    description: str


EVENT_TYPES: Final = {  # the weights add up to 105: they are shares of their sum
    "page_view": EventType(40, "General page views"),
    "product_view": EventType(25, "Product detail page views"),
    "search": EventType(10, "Search queries"),
    "add_to_cart": EventType(8, "Add product to cart"),
    "begin_checkout": EventType(5, "Start checkout process"),
    "login": EventType(4, "User login"),
    "wishlist_add": EventType(3, "Add to wishlist"),
    "complete_checkout": EventType(2, "Complete purchase"),
    "remove_from_cart": EventType(2, "Remove from cart"),
    "newsletter_signup": EventType(1.5, "Newsletter subscription"),
    "account_create": EventType(1.5, "Account creation"),
    "logout": EventType(1, "User logout"),
    "review_write": EventType(1, "Product review"),
    "contact_support": EventType(1, "Support contact"),
}

# What follows what. After a type without a row the weights above decide.
TRANSITIONS: Final = {
    "page_view": {
        "page_view": 0.35,
        "product_view": 0.25,
        "search": 0.15,
        "add_to_cart": 0.05,
        "login": 0.10,
        "logout": 0.10,
    },
    "product_view": {
        "product_view": 0.30,
        "add_to_cart": 0.20,
        "wishlist_add": 0.10,
        "page_view": 0.25,
        "begin_checkout": 0.05,
        "logout": 0.10,
    },
    "search": {"product_view": 0.40, "search": 0.20, "page_view": 0.25, "add_to_cart": 0.05, "logout": 0.10},
    "add_to_cart": {
        "product_view": 0.30,
        "begin_checkout": 0.25,
        "page_view": 0.20,
        "add_to_cart": 0.10,
        "remove_from_cart": 0.05,
        "logout": 0.10,
    },
    "begin_checkout": {"complete_checkout": 0.60, "page_view": 0.20, "add_to_cart": 0.10, "logout": 0.10},
}


class Segment(NamedTuple):
    share: float
    length: float  # times the drawn session duration
    behaviour: str


SEGMENTS: Final = {
    "new_visitor": Segment(0.35, 0.6, "Exploratory, low conversion"),
    "returning_visitor": Segment(0.40, 1.0, "Familiar navigation"),
    "loyal_customer": Segment(0.20, 1.5, "Engaged, higher conversion"),
    "power_user": Segment(0.05, 2.0, "Expert users, high engagement"),
}


class TimePattern(NamedTuple):
    """`hours` of the day, whole and inclusive; they count on `weekdays` (Monday is 0)."""

    name: str
    hours: frozenset[int]
    weekdays: frozenset[int]
    factor: float


_ALWAYS: Final = frozenset(range(7))

TIME_PATTERNS: Final = (  # the factors of all that hold are multiplied
    TimePattern("Business hours, 9:00-17:59", frozenset(range(9, 18)), _ALWAYS, 1.2),
    TimePattern("Peak hours, 19:00-22:59", frozenset(range(19, 23)), _ALWAYS, 2.0),
    TimePattern("Weekends", frozenset(range(24)), frozenset({5, 6}), 1.8),
    TimePattern("Late night, 23:00-5:59", frozenset({23, 0, 1, 2, 3, 4, 5}), _ALWAYS, 0.2),
)


class Place(NamedTuple):
    country: str
    state: str
    city: str
    timezone: str
    latitude: float
    longitude: float


PLACES: Final = (
    Place("US", "CA", "San Francisco", "America/Los_Angeles", 37.7749, -122.4194),
    Place("US", "NY", "New York", "America/New_York", 40.7128, -74.0060),
    Place("US", "TX", "Austin", "America/Chicago", 30.2672, -97.7431),
    Place("CA", "ON", "Toronto", "America/Toronto", 43.6532, -79.3832),
    Place("GB", "England", "London", "Europe/London", 51.5074, -0.1278),
    Place("DE", "BE", "Berlin", "Europe/Berlin", 52.5200, 13.4050),
    Place("AU", "NSW", "Sydney", "Australia/Sydney", -33.8688, 151.2093),
)


class Referrer(NamedTuple):
    """`sources` are alike; a campaign is named when there is a `medium`."""

    share: float
    sources: tuple[str, ...]
    medium: str = ""


REFERRERS: Final = {
    "organic": Referrer(0.40, ("google.com", "bing.com", "duckduckgo.com")),
    "direct": Referrer(0.25, ("direct",)),
    "social": Referrer(0.15, ("instagram.com", "facebook.com", "pinterest.com", "reddit.com")),
    "paid": Referrer(0.10, ("google.com", "bing.com"), "cpc"),
    "email": Referrer(0.05, ("newsletter",), "email"),
    "referral": Referrer(0.05, ("blog.example", "reviews.example")),
}
CAMPAIGNS: Final = ("spring_sale", "new_arrivals", "free_shipping")
PAYMENT_METHODS: Final = ("credit_card", "paypal", "apple_pay")
