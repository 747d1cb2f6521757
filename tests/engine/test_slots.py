from hypothesis import given
from hypothesis import strategies as st

from engine.slots import (
    SLOTS,
    generated_session_id,
    is_user_key,
    session_key,
    shard_of,
    slot_of,
    slot_of_session,
    user_key,
)

IDS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200)


def test_slots_never_change() -> None:
    """Data folders on disk depend on these numbers."""
    assert [slot_of(session_key("default", f"s{number}")) for number in range(5)] == [845, 538, 291, 650, 559]


@given(IDS, IDS)
def test_a_made_session_lives_where_its_user_lives(project: str, user: str) -> None:
    key = user_key(project, user)
    assert slot_of_session(project, generated_session_id(key, 1)) == slot_of(key)


@given(IDS, IDS)
def test_a_session_id_is_never_mistaken_for_a_user(project: str, name: str) -> None:
    assert is_user_key(user_key(project, name))
    assert not is_user_key(session_key(project, name))


def test_a_made_id_is_the_same_every_time_and_another_at_another_time() -> None:
    key = user_key("default", "u1")
    assert generated_session_id(key, 1) == generated_session_id(key, 1)
    assert generated_session_id(key, 1) != generated_session_id(key, 2)


def test_every_shard_owns_one_range_of_slots() -> None:
    owners = [shard_of(slot, 3) for slot in range(SLOTS)]
    assert owners == sorted(owners)
    assert set(owners) == {0, 1, 2}
