"""Where a plan is laid: the person's screen, the page, the dice; and the events that plans are made of."""

from collections.abc import Callable
from typing import NamedTuple

from simulator.devices import Device
from simulator.people import to_json
from simulator.plan import Step
from simulator.shop import PAGES
from simulator.texts import PAGE_TEXTS

Point = tuple[int, int]  # px in the viewport


class Scene(NamedTuple):
    """`page`: the number of the page that was walked to last. `random` gives numbers from [0, 1)."""

    random: Callable[[], float]
    device: Device
    page: int

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both inclusive."""
        return low + int(self.random() * (high - low + 1))

    def point(self, margin: int = 40) -> Point:
        width, height = self.device.viewport
        return self.whole(margin, width - margin), self.whole(margin, height - margin)

    def page_ahead(self, steps: int) -> int:
        return (self.page + steps) % len(PAGES)


def click(after_ms: int, at: Point, tag: str, selector: str, text: str, *, is_evidence: bool = True) -> Step:
    target = {"selector": selector, "tag": tag, "text": text}
    return Step(after_ms, "click", to_json({"x": at[0], "y": at[1], "target": target}), is_evidence=is_evidence)


def mouse_move(after_ms: int, at: Point, *, is_evidence: bool = True) -> Step:
    return Step(after_ms, "mouse_move", f'{{"x":{at[0]},"y":{at[1]}}}', is_evidence=is_evidence)


def page_view(after_ms: int, page: int, *, is_evidence: bool = True) -> Step:
    return Step(after_ms, "page_view", "{}", PAGE_TEXTS[page], is_evidence)


def response(after_ms: int) -> Step:
    """The page answers a click."""
    return Step(after_ms, "dom_mutation", '{"count":3}', is_evidence=False)


def web_vitals(after_ms: int, values: dict[str, int | float], *, is_evidence: bool = True) -> Step:
    return Step(after_ms, "web_vitals", to_json(values), is_evidence=is_evidence)


def js_error(after_ms: int, message: str, *, is_evidence: bool = True) -> Step:
    data = {"message": message, "stack": f"{message}\n    at shop.js:120:17", "error_type": message.partition(":")[0]}
    return Step(after_ms, "js_error", to_json(data), is_evidence=is_evidence)


def field_input(after_ms: int, field: str, *, is_evidence: bool = True) -> Step:
    return Step(after_ms, "input", to_json({"form_id": "address", "field": field}), is_evidence=is_evidence)


def plain(after_ms: int, event_type: str, data: str = "{}", page: str = "", *, is_evidence: bool = True) -> Step:
    return Step(after_ms, event_type, data, page, is_evidence)
