"""How a page came, in the words of the History API and of the Navigation Timing API, whichever a client uses."""

from types import MappingProxyType
from typing import Final

from gateway.fields import Fields, text

MAX_WORD: Final = 100  # characters of a word that is none of these
NAMES: Final = ("navigation", "navigation_type", "navigationType", "$navigation_type")
LOOSE_NAMES: Final = ("type", "kind")  # they may mean the page as well: only the words below are taken from them

# Written without `_`, `-` and blanks, in lower case. What a script did to the address is `push` or `replace`;
# PostHog says the name of the method or of the event, routers and the Navigation API `traverse`.
WORDS: Final = MappingProxyType(
    {
        **dict.fromkeys(("push", "pushstate", "hashchange"), "push"),
        **dict.fromkeys(("replace", "replacestate"), "replace"),
        **dict.fromkeys(("pop", "popstate", "traverse", "back", "forward", "backforward"), "back_forward"),
        **dict.fromkeys(("reload", "refresh"), "reload"),
        "navigate": "navigate",
    }
)
_SEPARATORS: Final = str.maketrans("", "", "_- ")


def navigation_of(fields: Fields) -> str:
    """`pushState` is "push". A word that is unknown stays as it is, in lower case; "" = the payload says nothing."""
    said = text(fields, *NAMES)[:MAX_WORD].lower()
    if said:
        return WORDS.get(_plain(said), said)
    return next((word for name in LOOSE_NAMES if (word := WORDS.get(_plain(text(fields, name)[:MAX_WORD])))), "")


def _plain(word: str) -> str:
    return word.lower().translate(_SEPARATORS)
