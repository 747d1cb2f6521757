"""The fields of a payload: the names under which clients send them, their units, and who looks at them.

The one list: what reads payloads takes its names from here, and docs/payloads.md is made of it. Of several names the
first that holds a value of the right kind counts. `used_by`: detectors, or fields of a session.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

Names = tuple[str, ...]


class Said(NamedTuple):
    names: Names
    value: str
    meaning: str
    used_by: Names = ()


CLICKS: Final = ("rage_click", "dead_click", "error_click")
PAGES: Final = ("u_turn", "refresh_rage", "excessive_scrolling", "slow_page")

X: Final = Said(("x",), "px", "from the left of the window", ("rage_click",))
Y: Final = Said(("y",), "px", "from the top of the window", ("rage_click",))
CLICK_TARGET: Final = Said(("target",), "object", "the element, see below", CLICKS)
BUTTON: Final = Said(
    ("button",),
    "number",
    "of the mouse; another than 0 is judged by no rule about clicks",
    ("rage_click", "dead_click"),
)
DETAIL: Final = Said(("detail",), "number", "clicks in a row as the browser counts; 0 at (0, 0) is a key", CLICKS[:2])
POINTER: Final = Said(
    ("pointer_type", "pointerType"), "text", "mouse, pen, touch; at (0, 0) only a key has none", CLICKS[:2]
)
TRUSTED: Final = Said(("is_trusted", "isTrusted"), "true or false", "false: a program clicked", CLICKS[:2])
HELD: Final = Said(
    ("ctrlKey", "ctrl_key", "shiftKey", "shift_key", "altKey", "alt_key", "metaKey", "meta_key"),
    "true or false",
    "any of them was held: the click opens or marks something",
    CLICKS[:2],
)

# Of a click's `target`, whose `attributes` are read as well.
TARGET: Final[Mapping[str, Said]] = MappingProxyType(
    {
        "selector": Said(
            ("selector",), "text", "CSS path; elements around it count, the last one is the target", CLICKS
        ),
        "tag": Said(("tag", "tagName", "tag_name"), "text", "name of the element", ("dead_click",)),
        "text": Said(("text",), "text", "what is written on it; a stepper (next, +) is clicked often", CLICKS),
        "type": Said(("type",), "text", "of an input: text fields and file dialogs are told by it", CLICKS[:2]),
        "role": Said(("role",), "text", "ARIA: button, link, textbox …", CLICKS[:2]),
        "href": Said(("href",), "text or false", "where a link leads; false: the link has none", ("dead_click",)),
        "classes": Said(("classes", "class", "className"), "list or text", "CSS classes", CLICKS),
        "label": Said(("label", "aria-label", "aria_label", "ariaLabel"), "text", "as `text`", ("rage_click",)),
        "contenteditable": Said(
            ("contenteditable", "contentEditable", "isContentEditable"),
            "text or true",
            "text is written in it",
            CLICKS[:2],
        ),
        "interactive": Said(("interactive",), "true or false", "the client's word, over all rules", ("dead_click",)),
        "target": Said(("target", "target_attr"), "text", "window that a link opens", ("dead_click",)),
        "download": Said(("download",), "text or true", "the link saves a file", ("dead_click",)),
    }
)

NAVIGATION: Final = Said(
    ("navigation", "navigation_type", "navigationType", "$navigation_type"),
    "text",
    "how the page came: navigate, reload, push, replace, back_forward, or `pushState`, `popstate` …",
    PAGES,
)
LOOSE_NAVIGATION: Final = Said(("type", "kind"), "text", "the same, where it is one of these words", PAGES)
REFERRER: Final = Said(
    ("referrer", "$referrer", "page_referrer"),
    "address",
    "where the event has no `referrer` of its own",
    ("referrer_host",),
)
SESSION_INDEX: Final = Said(
    ("session_index", "sessionIndex", "domain_sessionidx"),
    "number",
    "the how-many-th session of its user; also beside the event's own fields",
    ("session_index",),
)
PREVIOUS_SESSION: Final = Said(
    ("previous_session_id", "previousSessionId"), "text", "the one before; also there", ("previous_session_id",)
)

LCP: Final = Said(("lcp",), "ms", "largest contentful paint", ("slow_page", "vitals"))
FID: Final = Said(("fid",), "ms", "first input delay", ("vitals",))
CLS: Final = Said(("cls",), "number", "cumulative layout shift", ("vitals",))
TTFB: Final = Said(("ttfb",), "ms", "time to the first byte", ("slow_page", "vitals"))
FCP: Final = Said(("fcp",), "ms", "first contentful paint", ("slow_page", "vitals"))
LOAD: Final = Said(("load", "load_time_ms", "loadTime"), "ms", "until the page was loaded", ("slow_page", "vitals"))
INP: Final = Said(("inp",), "ms", "interaction to next paint", ("vitals",))

METHOD: Final = Said(("method",), "text", "GET where none is said", ("error_click",))
ADDRESS: Final = Said(
    ("url", "path", "route"), "address", "its path is the route; ids in it become `:id`", ("error_click",)
)
STATUS: Final = Said(("status", "status_code", "statusCode"), "number", "HTTP status; 0: no answer", ("error_click",))

FORM: Final = Said(("form_id", "formId", "form"), "text", "which form", ("form_abandonment",))
FIELD: Final = Said(("field", "name", "field_name", "fieldName"), "text", "which field of it", ("form_abandonment",))
LENGTH: Final = Said(
    ("length", "value_length", "valueLength", "characters"),
    "characters",
    "how long the value is now",
    ("form_abandonment",),
)
VALUE: Final = Said(("value",), "text", "counted where no length is said, and not looked at", ("form_abandonment",))

SCROLL_Y: Final = Said(("scroll_y", "scrollY", "y", "top"), "px", "from the top of the page", ("excessive_scrolling",))
VIEW_HEIGHT: Final = Said(
    ("viewport_height", "viewportHeight"), "px", "of the window; else the device's", ("excessive_scrolling",)
)
DEPTH: Final = Said(
    ("depth_percent",),
    "percent",
    "the lowest that was seen, 0 to 100",
    ("excessive_scrolling", "max_scroll_depth", "pages"),
)

POSITIONS: Final = Said(
    ("positions",), "list", "points `{x, y, time}` or `[x, y, time]`; without it `x` and `y`", ("thrashed_cursor",)
)
MOVE_X: Final = Said(("x",), "px", "from the left of the window", ("thrashed_cursor",))
MOVE_Y: Final = Said(("y",), "px", "from the top of the window", ("thrashed_cursor",))
POINT_TIME: Final = Said(
    ("timeOffset", "time_offset", "t", "timestamp", "time"),
    "ms or a time",
    "of a point: after the event's time, mostly below 0; or ISO-8601, or Unix milliseconds",
    ("thrashed_cursor",),
)
MOVE_POINTER: Final = Said(POINTER.names, "text", "moves of `touch` are not read", ("thrashed_cursor",))
MOVE_SOURCE: Final = Said(("source",), "number", "rrweb's; 6 is touch", ("thrashed_cursor",))

MESSAGE: Final = Said(("message",), "text", "what went wrong", ("error_click",))
STACK: Final = Said(("stack",), "text", "stored beside the event", ())
ERROR_TYPE: Final = Said(("errorType", "error_type"), "text", "stored beside the event", ())


class Group(NamedTuple):
    """`kinds`: fields of `engine.config.Session` that say which event types these are."""

    title: str
    kinds: Names
    fields: tuple[Said, ...]


GROUPS: Final = (
    Group("Page views", ("page_types",), (NAVIGATION, LOOSE_NAVIGATION, REFERRER, SESSION_INDEX, PREVIOUS_SESSION)),
    Group("Clicks", ("click_types",), (X, Y, CLICK_TARGET, BUTTON, DETAIL, POINTER, TRUSTED, HELD)),
    Group("Errors", ("error_types",), (MESSAGE, STACK, ERROR_TYPE)),
    Group("Requests", ("request_types",), (METHOD, ADDRESS, STATUS)),
    Group("Web vitals", ("vitals_types",), (LCP, FID, CLS, TTFB, FCP, LOAD, INP)),
    Group("Forms and typing", ("form_start_types", "input_types", "form_submit_types"), (FORM, FIELD, LENGTH, VALUE)),
    Group("Scrolling", ("scroll_types",), (SCROLL_Y, VIEW_HEIGHT, DEPTH)),
    Group(
        "Moves of the pointer",
        ("move_types",),
        (POSITIONS, MOVE_X, MOVE_Y, POINT_TIME, MOVE_POINTER, MOVE_SOURCE),
    ),
)
