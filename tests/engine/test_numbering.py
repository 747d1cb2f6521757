import msgspec
import pytest

from engine.errors import BatchGap
from engine.numbering import KEPT_GATEWAYS, KEPT_REPLIES, Numbering


def after(last: int) -> Numbering:
    numbering = Numbering()
    for number in range(1, last + 1):
        numbering.took("g1", number, b"reply %d" % number)
    return numbering


def test_the_first_batch_of_a_gateway_is_number_one() -> None:
    assert Numbering().seen("g1", 1) is None
    with pytest.raises(BatchGap):
        Numbering().seen("g1", 2)


def test_the_next_batch_is_new() -> None:
    assert after(3).seen("g1", 4) is None


def test_a_resent_batch_gets_its_old_reply() -> None:
    assert [after(3).seen("g1", number) for number in (1, 2, 3)] == [b"reply 1", b"reply 2", b"reply 3"]


def test_a_gap_names_the_batch_that_is_expected() -> None:
    with pytest.raises(BatchGap) as caught:
        after(3).seen("g1", 5)
    assert caught.value.expected == 4


def test_a_reply_that_is_no_longer_kept_is_a_gap() -> None:
    numbering = after(KEPT_REPLIES + 1)
    assert numbering.seen("g1", 2) == b"reply 2"
    with pytest.raises(BatchGap):
        numbering.seen("g1", 1)


def test_gateways_do_not_share_numbers() -> None:
    assert after(3).seen("g2", 1) is None


def test_the_gateway_silent_longest_is_forgotten_first() -> None:
    numbering = after(1)
    for number in range(KEPT_GATEWAYS - 1):
        numbering.took(f"h{number}", 1, b"")
    numbering.took("g1", 2, b"")
    numbering.took("new", 1, b"")
    assert len(numbering.senders) == KEPT_GATEWAYS
    assert numbering.seen("g1", 3) is None
    assert numbering.seen("h0", 1) is None


def test_it_survives_its_snapshot_with_the_order_of_gateways() -> None:
    numbering = after(2)
    numbering.took("a", 1, b"x")
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(numbering), type=Numbering)
    assert again == numbering
    assert list(again.senders) == ["g1", "a"]
