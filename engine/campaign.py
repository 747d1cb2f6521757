"""Where a session came from, as its entry page's address says: the utm parameters, and the click ids of ad networks."""

from typing import Final
from urllib.parse import parse_qsl

from engine.analysis import Campaign

MAX_VALUE: Final = 200  # characters
MAX_PARAMETERS: Final = 100  # an address with more is nobody's campaign

CLICK_IDS: Final = ("gclid", "gbraid", "wbraid", "fbclid", "msclkid", "ttclid", "twclid")
NO_CAMPAIGN: Final = Campaign()

_UTM: Final = ("source", "medium", "campaign", "term", "content")


def campaign_of(url: str) -> Campaign:
    """Of a parameter that is there twice the first one counts; names in any case. `click_id` is only the name of the
    parameter: its value would tell who clicked."""
    query = url.partition("#")[0].partition("?")[2]
    if not query:
        return NO_CAMPAIGN
    try:
        pairs = parse_qsl(query, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        return NO_CAMPAIGN
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name.lower(), value.strip()[:MAX_VALUE])
    source, medium, campaign, term, content = (found.get(f"utm_{name}", "") for name in _UTM)
    click_id = next((name for name in CLICK_IDS if found.get(name)), "")
    return Campaign(source, medium, campaign, term, content, click_id)
