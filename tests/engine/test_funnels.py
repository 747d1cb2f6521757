"""How far a session has come."""

from engine.config import Funnel, FunnelStep, Live
from engine.funnels import Funnels

VIEWS = frozenset({"page_view"})
BUY = Funnel(
    "buy", (FunnelStep("shop", VIEWS), FunnelStep("item", VIEWS, "/item/*"), FunnelStep("pay", frozenset({"pay"})))
)


def walked(*events: tuple[str, str], ways: tuple[Funnel, ...] = (BUY,)) -> tuple[int, ...]:
    funnels = Funnels(ways)
    reached: tuple[int, ...] = ()
    for event_type, path in events:
        if steps := funnels.steps_of(event_type):
            reached = funnels.advanced(reached, steps, path)
    return reached


def test_steps_are_reached_in_order() -> None:
    assert walked(("page_view", "/")) == (1,)
    assert walked(("page_view", "/"), ("page_view", "/item/7"), ("pay", "/")) == (3,)


def test_a_step_whose_turn_has_not_come_is_not_reached() -> None:
    assert walked(("pay", "/")) == (0,)
    assert walked(("page_view", "/"), ("pay", "/")) == (1,)


def test_one_event_takes_one_step() -> None:
    assert walked(("page_view", "/item/7")) == (1,)


def test_what_is_reached_stays_reached() -> None:
    assert walked(("page_view", "/"), ("page_view", "/item/7"), ("page_view", "/")) == (2,)


def test_a_path_pattern_is_literal_but_for_its_stars() -> None:
    way = Funnel("way", (FunnelStep("one", VIEWS, "/a.b/*/c"),))
    assert walked(("page_view", "/a.b/x/y/c"), ways=(way,)) == (1,)
    assert walked(("page_view", "/axb/x/c"), ways=(way,)) == (0,)


def test_events_of_no_step_cost_a_lookup_only() -> None:
    assert Funnels((BUY,)).steps_of("click") == ()


def test_when_the_configuration_changes_the_ways_that_are_left_keep_their_place() -> None:
    funnels = Funnels((BUY, BUY))
    assert funnels.advanced((2,), funnels.steps_of("pay"), "/") == (3, 0)
    assert Funnels((BUY,)).advanced((2, 1), (), "/") == (2,)


def test_the_default_way_is_that_of_the_simulators_shop() -> None:
    bought = [
        ("page_view", "/"),
        ("product_view", "/product/prod_toys_1"),
        ("add_to_cart", "/product/prod_toys_1"),
        ("begin_checkout", "/checkout"),
        ("complete_checkout", "/checkout/done"),
    ]
    assert walked(*bought, ways=Live().funnels) == (5,)
