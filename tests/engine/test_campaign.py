"""The campaign of the entry page's address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis import Campaign
from engine.campaign import CLICK_IDS, MAX_PARAMETERS, MAX_VALUE, campaign_of

SHOP = "https://shop.example/"


def test_every_utm_parameter_is_read() -> None:
    query = "utm_source=news&utm_medium=email&utm_campaign=spring&utm_term=shoes&utm_content=top&x=1"
    assert campaign_of(f"{SHOP}?{query}") == Campaign("news", "email", "spring", "shoes", "top")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("utm_source=spring%20sale", "spring sale"),
        ("utm_source=spring+sale", "spring sale"),
        ("UTM_Source=News", "News"),
        ("utm_source=first&utm_source=second", "first"),
        ("utm_source=", ""),
        ("utm_source", ""),
        ("utm_source=%FF", "\ufffd"),
        ("a=1#utm_source=fragment", ""),
        (f"utm_source={'x' * 500}", "x" * MAX_VALUE),
    ],
)
def test_values_are_decoded_and_bounded(written: str, read: str) -> None:
    assert campaign_of(f"{SHOP}?{written}").source == read


@pytest.mark.parametrize("name", CLICK_IDS)
def test_a_click_id_is_named_and_its_value_is_not_kept(name: str) -> None:
    assert campaign_of(f"{SHOP}?{name}=AbC123") == Campaign(click_id=name)


@pytest.mark.parametrize("url", ["", SHOP, "/cart", f"{SHOP}?", f"{SHOP}?q=utm_source", "?" + "a=1&" * MAX_PARAMETERS])
def test_an_address_without_campaign_has_none(url: str) -> None:
    assert campaign_of(url) == Campaign()


@given(st.text(max_size=50))
def test_no_address_is_an_error(text: str) -> None:
    found = campaign_of(f"{SHOP}?utm_source={text}")
    assert len(found.source) <= MAX_VALUE
