"""A payload is read leniently: what is missing or of another type is not there, and nothing raises."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fields import MAX_INT32, fields_of, int32, number, read, real, text, truth, whole

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
_texts: msgspec.json.Decoder[list[str]] = msgspec.json.Decoder(list[str])


@pytest.mark.parametrize("value", ["", "{", "[]", "5", '"a"', "null", '{"a":}', b"\xff", b'{"\xff": 1}', "[" * 5_000])
def test_what_is_no_object_has_no_fields(value: str | bytes) -> None:
    assert fields_of(value) == {}


@given(st.binary(max_size=50))
def test_any_bytes_are_read(value: bytes) -> None:
    for name in fields_of(value):
        assert isinstance(name, str)


@given(JSON, JSON)
def test_each_reader_takes_its_own_type_and_no_other(value: Any, other: Any) -> None:
    fields = fields_of(json.dumps({"a": value, "b": other}))
    for reader, kinds, nothing in ((text, str, ""), (truth, bool, None), (number, (int, float), None)):
        found = reader(fields, "a", "b")
        allowed = [one for one in (value, other) if isinstance(one, kinds) and (kinds is bool or one is not True)]
        allowed = [one for one in allowed if (kinds is bool or one is not False) and one != nothing]
        assert found == (allowed[0] if allowed else nothing)


@given(JSON)
def test_a_whole_number_fits_into_32_bits_and_has_lost_its_fraction(value: Any) -> None:
    found = whole(fields_of(json.dumps({"a": value})), "a")
    if isinstance(value, int | float) and not isinstance(value, bool) and -MAX_INT32 - 1 <= int(value) <= MAX_INT32:
        assert found == int(value)
    else:
        assert found is None


@pytest.mark.parametrize("value", [MAX_INT32, -MAX_INT32 - 1, MAX_INT32 + 0.9])
def test_the_edges_of_32_bits_are_inside(value: float) -> None:
    assert int32(value) == int(value)


@pytest.mark.parametrize("value", [MAX_INT32 + 1, -MAX_INT32 - 2, 1e300, None])
def test_beyond_them_is_nothing(value: float | None) -> None:
    assert int32(value) is None


@pytest.mark.parametrize("digits", [308, 309, 4_000])
def test_a_number_of_many_digits_is_a_real_one_or_none(digits: int) -> None:
    fields = fields_of('{"a":' + "9" * digits + "}")
    assert real(fields, "a") == (1e308 if digits == 308 else None)


def test_the_first_name_that_says_something_counts() -> None:
    fields = fields_of('{"a": "", "b": 5, "c": "x", "d": null, "e": 0, "f": false}')
    assert text(fields, "z", "a", "b", "c") == "x"
    assert (number(fields, "d", "c", "e"), whole(fields, "e", "b")) == (0, 0)
    assert truth(fields, "e", "f") is False
    assert read(fields, "z", _texts) is None
    assert read(fields, "b", _texts) is None
