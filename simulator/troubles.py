"""What goes wrong for people, laid down as plans: each breaks one rule of the detectors, and no other.

The figures are those of the rules (thresholds are sessiond's defaults) with room to spare, so that a detector that is
right finds each of them.
"""

from collections.abc import Callable, Mapping
from itertools import cycle, islice
from typing import Final

from simulator.plan import Plan, Step
from simulator.scene import (
    Scene,
    click,
    field_input,
    js_error,
    mouse_move,
    page_view,
    plain,
    response,
    web_vitals,
)
from simulator.shop import PAGES
from simulator.texts import CHAT_PAGE, CHECKOUT_PAGE

Planner = Callable[[Scene], Plan]

_START_MS: Final = (3_500, 8_000)  # after the event before, so that this is over


def rage_click(scene: Scene) -> Plan:
    """6 clicks or more in 2 s within 50 px of their centre. The button flickers: a dead click is something else."""
    x, y = scene.point()
    count = scene.whole(7, 9)
    steps: list[Step] = []
    for number in range(count):
        near = x + scene.whole(-12, 12), y + scene.whole(-12, 12)
        pause_ms = scene.whole(130, 200) if number else scene.whole(*_START_MS)
        steps.append(click(pause_ms, near, "button", "#pay", "Pay now"))
    steps.append(response(90))
    return Plan("rage_click", tuple(steps), {"count": count, "x": x, "y": y})


def dead_click(scene: Scene) -> Plan:
    """A click on what is no control, or on one that does not answer in 2.5 s, of a page that tells of its changes."""
    at, start_ms = scene.point(), scene.whole(*_START_MS)
    if scene.random() < 0.5:
        steps = (click(start_ms, at, "div", "div.price-tag", "Only today"), response(300))
        return Plan("dead_click", steps, {"reason": "non_interactive_target"})
    steps = (response(start_ms), click(1_200, at, "button", "#apply-coupon", "Apply"))
    return Plan("dead_click", steps, {"reason": "no_response"})


def error_click(scene: Scene) -> Plan:
    """An error of the page within 2 s after a click that the page answers."""
    steps = (
        click(scene.whole(*_START_MS), scene.point(), "button", "#add", "Add to cart"),
        response(80),
        js_error(scene.whole(150, 1_500), "TypeError: cart.items is undefined"),
    )
    return Plan("error_click", steps, {"message": "TypeError: cart.items is undefined"})


def thrashed_cursor(scene: Scene) -> Plan:
    """2 s with 10 turns of more than 90 degrees or more, at 500 px/s on average and faster, over 600 px and more."""
    width, height = scene.device.viewport
    left, right, y = width // 6, width - width // 6, height // 2
    pause_ms = 80
    steps = [
        mouse_move(pause_ms if number else scene.whole(*_START_MS), (side, y + scene.whole(-20, 20)))
        for number, side in enumerate(islice(cycle((left, right)), 30))
    ]
    return Plan("thrashed_cursor", tuple(steps), {"turns": len(steps) - 2})


def u_turn(scene: Scene) -> Plan:
    """To a page and back within 10 s, with nothing done there. The page is one behind: nobody walks there next."""
    first, other = scene.page_ahead(1), scene.page_ahead(-1)
    steps = (
        page_view(scene.whole(*_START_MS), first),
        page_view(scene.whole(2_000, 5_000), other),
        page_view(scene.whole(1_500, 6_000), first),
    )
    return Plan("u_turn", steps, {"page": PAGES[first].url, "turned_at": PAGES[other].url}, ends_page=first)


def slow_page(scene: Scene) -> Plan:
    """lcp > 3000, ttfb > 800, fcp > 2400 or load > 3000 ms."""
    vitals: dict[str, int | float] = {
        "lcp": scene.whole(3_400, 6_000),
        "fid": scene.whole(10, 90),
        "cls": 0.05,
        "ttfb": scene.whole(900, 1_800),
        "fcp": scene.whole(2_600, 3_300),
        "load": scene.whole(4_000, 9_000),
    }
    lcp_ms = int(vitals["lcp"])
    return Plan("slow_page", (web_vitals(scene.whole(*_START_MS), vitals),), {"lcp_ms": lcp_ms})


def stuck_pattern(scene: Scene) -> Plan:
    """Typing, sending, going back: 3 times in a row or more."""
    cycles = scene.whole(3, 5)
    steps: list[Step] = []
    for number in range(cycles):
        begin_ms = scene.whole(1_500, 4_000) if number else scene.whole(*_START_MS)
        steps += (
            plain(begin_ms, "typing", '{"characters":24}', CHAT_PAGE),
            plain(scene.whole(1_000, 4_000), "send_message", page=CHAT_PAGE),
            plain(scene.whole(1_000, 3_000), "back_to_home", page=CHAT_PAGE),
        )
    return Plan("stuck_pattern", tuple(steps), {"cycles": cycles})


def rapid_fire(scene: Scene) -> Plan:
    """5 gaps or more, each below 100 ms, of changing actions: no action is repeated."""
    count = scene.whole(7, 10)
    kinds = islice(cycle(("typing", "input")), count)
    steps = [
        plain(scene.whole(20, 80) if number else scene.whole(*_START_MS), kind) for number, kind in enumerate(kinds)
    ]
    return Plan("rapid_fire", tuple(steps), {"count": count})


def form_abandonment(scene: Scene) -> Plan:
    """A form begun, filled in part, never sent: the person leaves."""
    fields = ("name", "street", "city")[: scene.whole(1, 3)]
    begin = plain(scene.whole(*_START_MS), "form_start", '{"form_id":"address"}', CHECKOUT_PAGE)
    steps = (begin, *(field_input(scene.whole(1_500, 6_000), field) for field in fields))
    return Plan("form_abandonment", steps, {"form_id": "address", "fields": len(fields)}, leaves=True)


def excessive_scrolling(scene: Scene) -> Plan:
    """Up and down one page: 6 turns or more within 10 s, each after a quarter of the window."""
    count = scene.whole(8, 11)  # the first two are a place and a way, and no turn yet
    steps = [
        plain(
            scene.whole(400, 900) if number else scene.whole(*_START_MS),
            "scroll",
            f'{{"depth_percent":{scene.whole(65, 95) if number % 2 else scene.whole(5, 30)}}}',
        )
        for number in range(count)
    ]
    return Plan("excessive_scrolling", tuple(steps), {"reversals": count - 2})


def refresh_rage(scene: Scene) -> Plan:
    """One page loaded 3 times or more within 10 s."""
    page, count = scene.page_ahead(1), scene.whole(3, 4)
    steps = [page_view(scene.whole(800, 3_000) if number else scene.whole(*_START_MS), page) for number in range(count)]
    return Plan("refresh_rage", tuple(steps), {"page": PAGES[page].url, "loads": count}, ends_page=page)


def missing_close(scene: Scene) -> Plan:
    """The session is never closed: no `session_end` comes, whatever else happens in it."""
    return Plan("missing_close", (), {})


def ordinary(scene: Scene) -> Plan:
    """All of it as it should be: nothing here is trouble, whoever finds some is wrong."""
    start, end = scene.point(), scene.point()
    middle = ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2)
    following = scene.page_ahead(2)
    vitals: dict[str, int | float] = {"lcp": scene.whole(700, 2_400), "fid": 20, "cls": 0.02, "ttfb": 180, "fcp": 900}
    steps = (
        web_vitals(scene.whole(*_START_MS), vitals, is_evidence=False),
        js_error(700, "ResizeObserver: loop completed", is_evidence=False),
        plain(2_500, "scroll", f'{{"depth_percent":{scene.whole(20, 90)}}}', is_evidence=False),
        *(mouse_move(250, at, is_evidence=False) for at in (start, middle, end)),
        click(400, end, "a", "nav a", "More", is_evidence=False),
        page_view(300, following, is_evidence=False),
        plain(4_000, "form_start", '{"form_id":"address"}', is_evidence=False),
        field_input(2_000, "name", is_evidence=False),
        field_input(3_000, "street", is_evidence=False),
        plain(2_500, "form_submit", '{"form_id":"address"}', is_evidence=False),
    )
    return Plan("", steps, {}, ends_page=following)


MISSING_CLOSE: Final = "missing_close"
ORDINARY: Final = "ordinary"

TROUBLES: Final[Mapping[str, Planner]] = {
    planner.__name__: planner
    for planner in (
        rage_click,
        dead_click,
        error_click,
        thrashed_cursor,
        u_turn,
        slow_page,
        stuck_pattern,
        rapid_fire,
        form_abandonment,
        excessive_scrolling,
        refresh_rage,
        missing_close,
    )
}
PLANNERS: Final[Mapping[str, Planner]] = {**TROUBLES, ORDINARY: ordinary}
