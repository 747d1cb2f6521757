"""How a page came, in the words of the History API and of the Navigation Timing API, whichever a client uses."""

from types import MappingProxyType
from typing import Final

from gateway.fields import Fields, text
from gateway.payload_names import LOOSE_NAVIGATION, NAVIGATION

MAX_WORD: Final = 100  # characters of a word that is none of these

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
    said = text(fields, *NAVIGATION.names)[:MAX_WORD].lower()
    if said:
        return WORDS.get(_plain(said), said)
    # These names may mean the page as well: only the words above are taken from them.
    loose = (_plain(text(fields, name)[:MAX_WORD]) for name in LOOSE_NAVIGATION.names)
    return next((WORDS[word] for word in loose if word in WORDS), "")


def _plain(word: str) -> str:
    return word.lower().translate(_SEPARATORS)
