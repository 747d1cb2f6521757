"""Streams of one session in which every detector finds something now and then, and orders in which they may arrive."""

from collections.abc import Sequence

from hypothesis import strategies as st

from engine.detectors.base import HORIZON_MS
from engine.traits import INTERACTIVE, KNOWN
from engine.wire import Click, ErrorInfo, Event, Facts
from tests.builders import T0

STEPS_MS = (0, 1, 50, 99, 100, 250, 299, 300, 1_000, 2_000, 2_001, 2_501, 5_000, 9_000, 10_001, 300_001)
SHORT_MS = (0, 1, 40, 90, 120, 250, 400)
PAGES = ("/", "/cart", "/pay")
BURSTS = (
    ("click",) * 7,
    ("page_view",) * 4,
    ("scroll",) * 8,
    ("mouse_move",) * 12,
    ("typing", "send", "back") * 3,
    ("search",) * 6,
    ("click", "dom_mutation"),
    ("click", "js_error"),
    ("form_start", "input", "input", "form_submit"),
    ("form_start", "input", "page_view"),
    ("web_vitals",),
    ("network_request", "click"),
    ("heartbeat",),
)


def _event(number: int, at_ms: int, kind: str, page: str) -> Event:
    event = Event("default", f"e{number}", "s1", "u1", kind, T0 + at_ms, url=f"https://a.example{page}", path=page)
    side = number % 2
    if kind == "click":
        traits = (KNOWN | INTERACTIVE) if page != "/" else KNOWN
        event.click = Click(10 + number % 5, 10, "#pay", "button" if page != "/" else "div", "Pay", traits)
    elif kind == "js_error":
        event.error = ErrorInfo("TypeError: x is undefined")
    elif kind == "scroll":
        event.facts = Facts(scroll_y=side * 900, view_height=1_000)
        event.scroll_depth = side * 90
    elif kind == "mouse_move":
        event.facts = Facts(moves=(0, 100 + side * 700, 300))
    elif kind in ("form_start", "input", "form_submit"):
        event.facts = Facts(form="address", field="name" if side else "street", length=number % 4)
    elif kind == "web_vitals":
        event.facts = Facts(lcp=3_400.0, ttfb=100.0)
    elif kind == "network_request":
        event.facts = Facts(status=500 if side else 200, route="GET /api")
    return event


@st.composite
def mixed(draw: st.DrawFn, *, max_bursts: int = 6) -> list[Event]:
    """In order of event time, each event once."""
    burst = st.tuples(
        st.sampled_from(STEPS_MS), st.sampled_from(BURSTS), st.sampled_from(SHORT_MS), st.sampled_from(PAGES)
    )
    at_ms = 0
    made: list[Event] = []
    for step_ms, kinds, short_ms, page in draw(st.lists(burst, max_size=max_bursts)):
        at_ms += step_ms
        for kind in kinds:
            made.append(_event(len(made), at_ms, kind, page))
            at_ms += short_ms
    return made


def arrivals(events: Sequence[Event]) -> st.SearchStrategy[list[Event]]:
    """As they may arrive: each up to `HORIZON_MS` late, those of one time in the order in which they happened."""

    def ordered(delays_ms: list[int]) -> list[Event]:
        late: dict[int, int] = {}
        for event, delay_ms in zip(events, delays_ms, strict=True):
            late.setdefault(event.at_ms, delay_ms)
        return sorted(events, key=lambda event: event.at_ms + late[event.at_ms])

    delays = st.lists(
        st.sampled_from((0, 0, 0, 100, 1_000, HORIZON_MS - 1, HORIZON_MS)),
        min_size=len(events),
        max_size=len(events),
    )
    return delays.map(ordered)
