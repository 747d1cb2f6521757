"""How a page came, in the words that clients use."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config
from engine.memory_archive import MemoryArchive
from engine.registry import Registry
from engine.rulebook import Rulebook
from engine.rules import Rules
from engine.wire import Batch
from gateway.agent import AgentReader
from gateway.fields import fields_of
from gateway.navigation import MAX_WORD, WORDS, navigation_of
from gateway.normalise import Arrival, Normaliser
from gateway.payload_names import LOOSE_NAVIGATION, NAVIGATION
from gateway.raw_event import RawEvent
from tests.builders import T0


def said(**payload: object) -> str:
    return navigation_of(fields_of(msgspec.json.encode(payload)))


@pytest.mark.parametrize("name", [*NAVIGATION.names, *LOOSE_NAVIGATION.names])
@pytest.mark.parametrize(
    ("word", "expected"),
    [
        *[(word, "push") for word in ("push", "pushState", "push_state", "PUSH", "hashchange")],
        *[(word, "replace") for word in ("replace", "replaceState", "replace-state", "Replace State")],
        *[(word, "back_forward") for word in ("pop", "popstate", "traverse", "back", "forward", "back_forward")],
        *[(word, "reload") for word in ("reload", "refresh")],
        ("navigate", "navigate"),
    ],
)
def test_each_word_is_understood_under_each_name(name: str, word: str, expected: str) -> None:
    assert said(**{name: word}) == expected


def test_an_unknown_word_stays_where_it_can_mean_nothing_else() -> None:
    assert said(navigation="Prerender") == "prerender"
    assert said(navigation="n" * 200) == "n" * MAX_WORD


@pytest.mark.parametrize("payload", [{"type": "product"}, {"kind": ""}, {"type": 5}, {"navigation": None}, {}])
def test_what_says_nothing_of_it_is_nothing(payload: dict[str, object]) -> None:
    assert said(**payload) == ""


def test_a_name_of_its_own_goes_before_one_that_may_mean_something_else() -> None:
    assert said(type="push", navigation_type="replaceState") == "replace"
    assert said(type="product", kind="pop") == "back_forward"


@given(st.text(max_size=300))
def test_any_word_gives_a_short_one(word: str) -> None:
    assert len(said(navigation=word)) <= 2 * MAX_WORD  # a few letters are two in lower case
    assert said(type=word) in {"", *WORDS.values()}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [({"type": "replaceState"}, 0), ({"navigation_type": "replaceState"}, 0), ({"type": "pushState"}, 1), ({}, 1)],
)
def test_a_page_whose_address_a_script_replaced_is_no_turn(
    agents: AgentReader, payload: dict[str, str], expected: int
) -> None:
    """From /login to /shop and back; with `replaceState` the shop took the place of the login."""
    normaliser = Normaliser(Config(), agents)
    visits = [("/cart", {}), ("/login", {}), ("/shop", payload), ("/login", {})]
    events = [
        normaliser.event(
            RawEvent(
                event_id=f"e{number}",
                session_id="s1",
                event_type="page_view",
                path=path,
                timestamp=T0 + number * 1_000,
                payload=msgspec.Raw(msgspec.json.encode(how)),
            ),
            Arrival(T0 + 10_000, T0 + 10_000),
        )
        for number, (path, how) in enumerate(visits)
    ]
    registry = Registry(limits=Config().session, rulebook=Rulebook(Rules()), archive=MemoryArchive())
    outcome = registry.apply(Batch("g", 1, T0 + 10_000, events), T0 + 10_000, 1)
    assert [row.anomaly.type for row in outcome.anomalies] == ["u_turn"] * expected
