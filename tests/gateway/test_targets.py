"""What is known of the element that was clicked: each trait, and what only looks like it."""

from typing import Any

import msgspec
import pytest

from engine.config import Session
from engine.traits import INTERACTIVE, KEYBOARD, KNOWN, LEAVES, MEDIA, MODIFIED, OPTED_OUT, STEPPER, TEXT_FIELD
from engine.wire import Event
from gateway.payloads import extractors
from gateway.selectors import MAX_SELECTOR, compounds_of
from gateway.targets import target_of


def traits(**target: Any) -> int:
    return target_of(msgspec.json.encode(target)).traits


def made_by(**payload: Any) -> int:
    event = Event("default", "e1", "s1", "u1", "click", 1, payload=msgspec.json.encode(payload).decode())
    extractors(Session())["click"](event)
    assert event.click is not None
    return event.click.traits


@pytest.mark.parametrize(
    "target",
    [
        *({"tag": tag} for tag in ("a", "button", "BUTTON", "select", "summary", "option", "label")),
        {"tag": "a", "href": "#"},
        {"tag": "div", "role": "menuitem"},
        {"tag": "div", "classes": ["card", "btn-primary"]},
        {"tag": "div", "className": "nav-link"},
        {"tag": "div", "interactive": True},
        {"selector": "div.price > a.buy"},
        {"selector": "button[type=submit] span.icon"},
        {"selector": "ul > li.clickable:nth-child(3)"},
        {"tag": "span", "selector": "a.card > span"},
    ],
)
def test_what_looks_as_if_a_click_does_something(target: dict[str, Any]) -> None:
    assert traits(**target) & (KNOWN | INTERACTIVE) == KNOWN | INTERACTIVE


@pytest.mark.parametrize(
    "target",
    [
        {"tag": "div"},
        {"tag": "a", "href": None},
        {"tag": "button", "interactive": False},
        {"tag": "div", "classes": "non-interactive"},
        {"selector": "main > p.intro"},
        {"selector": "label + span"},
        {"selector": "a ~ div[title='button > a']"},
    ],
)
def test_what_does_not(target: dict[str, Any]) -> None:
    assert traits(**target) & (KNOWN | INTERACTIVE) == KNOWN


@pytest.mark.parametrize(
    "target",
    [
        {},
        {"text": "Buy"},
        {"selector": "#buy"},
        {"selector": ".card"},
        {"tag": 5},
        {"tag": "HTML"},
        {"tag": "#document"},
    ],
)
def test_a_target_that_names_no_element_is_not_known(target: dict[str, Any]) -> None:
    assert traits(**target) == 0


@pytest.mark.parametrize(
    ("target", "is_text"),
    [
        ({"tag": "textarea"}, True),
        ({"tag": "input"}, True),
        ({"tag": "input", "type": "email"}, True),
        ({"selector": "input[type=search]"}, True),
        ({"tag": "div", "contenteditable": True}, True),
        ({"tag": "div", "contenteditable": ""}, True),
        ({"tag": "div", "contenteditable": "false"}, False),
        ({"tag": "input", "type": "checkbox"}, False),
        ({"tag": "button", "type": "text"}, False),
    ],
)
def test_text_is_written_in_text_fields(target: dict[str, Any], is_text: bool) -> None:
    assert bool(traits(**target) & TEXT_FIELD) == is_text


@pytest.mark.parametrize("said", ["Next", "next page", "Previous", "prev", ">", " + ", "-", "\N{MINUS SIGN}", "»"])
@pytest.mark.parametrize("name", ["text", "label", "aria-label"])
def test_steppers_are_made_to_be_clicked_often(name: str, said: str) -> None:
    assert traits(tag="button", **{name: said}) & STEPPER


@pytest.mark.parametrize("said", ["sign-up", "5 > 3", "C++", "nextcloud", "Expreviously", ""])
def test_words_and_signs_inside_of_others_are_no_steppers(said: str) -> None:
    assert not traits(tag="button", text=said) & STEPPER


@pytest.mark.parametrize("target", [{"tag": "canvas"}, {"selector": "video > div.controls"}, {"tag": "iframe"}])
def test_what_a_click_does_in_media_cannot_be_seen(target: dict[str, Any]) -> None:
    assert traits(**target) & MEDIA


@pytest.mark.parametrize(
    "target",
    [
        {"tag": "div", "classes": "sessiond-ignore"},
        {"tag": "div", "data-sessiond-ignore": ""},
        {"tag": "div", "attributes": {"class": "ph-no-capture"}},
        {"selector": "section.ph-no-rageclick > div"},
        {"selector": "div[data-sessiond-ignore] button"},
    ],
)
def test_a_page_can_opt_out(target: dict[str, Any]) -> None:
    assert traits(**target) & OPTED_OUT


@pytest.mark.parametrize(
    ("target", "leaves"),
    [
        ({"tag": "a", "target": "_blank"}, True),
        ({"tag": "a", "target_attr": "_self"}, False),
        ({"tag": "a", "download": True}, True),
        ({"tag": "a", "download": "file.pdf"}, True),
        ({"tag": "a", "download": False}, False),
        ({"tag": "a", "href": "mailto:a@b.example"}, True),
        ({"selector": "a[href^='tel:'] > b"}, True),
        ({"tag": "input", "type": "file"}, True),
        ({"tag": "a", "href": "/contact"}, False),
        ({"tag": "select"}, True),
        ({"selector": "select#country > option"}, True),
        ({"tag": "input", "type": "date"}, True),
        ({"tag": "input", "type": "checkbox"}, False),
        ({"tag": "label"}, True),
        ({"selector": "label > span"}, True),
        ({"selector": "label > input[type=checkbox]"}, False),
        ({"selector": "label + span"}, False),
    ],
)
def test_some_effects_are_elsewhere(target: dict[str, Any], leaves: bool) -> None:
    assert bool(traits(**target) & LEAVES) == leaves


@pytest.mark.parametrize(
    ("payload", "is_keyboard"),
    [
        ({"x": 0, "y": 0}, True),
        ({"x": 0, "y": 0, "pointerType": ""}, True),
        ({"x": 0, "y": 0, "pointer_type": "mouse", "detail": 0}, True),
        ({"x": 0, "y": 0, "pointer_type": "mouse", "detail": 1}, False),
        ({"x": 0, "y": 1}, False),
        ({"x": 10, "y": 10, "isTrusted": False}, True),
        ({"x": 10, "y": 10, "isTrusted": True}, False),
        ({}, False),
    ],
)
def test_keys_and_programs_click_without_a_pointer(payload: dict[str, Any], is_keyboard: bool) -> None:
    assert made_by(**payload) == (KEYBOARD if is_keyboard else 0)


@pytest.mark.parametrize(
    "said", [{"ctrlKey": True}, {"metaKey": True}, {"shift_key": True}, {"button": 2}, {"altKey": True, "x": "1"}]
)
def test_a_click_with_a_key_held_or_another_button_is_modified(said: dict[str, Any]) -> None:
    assert made_by(**({"x": 1, "y": 1} | said)) == MODIFIED


@pytest.mark.parametrize(
    "said", [{"ctrlKey": False}, {"ctrlKey": "true"}, {"ctrlKey": None}, {"button": 0}, {"button": "Save"}]
)
def test_another_click_is_not(said: dict[str, Any]) -> None:
    assert made_by(x=1, y=1, **said) == 0


@pytest.mark.parametrize("selector", ["[" * 5_000, "(" * 5_000, " " * 5_000, "a[" * 5_000, "> > +", "[]", "[=]", ".."])
def test_a_selector_that_is_none_is_read_as_far_as_it_goes(selector: str) -> None:
    itself, around = compounds_of(selector)
    assert len(itself.tag) + len(around) <= MAX_SELECTOR
