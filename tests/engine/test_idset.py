import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.idset import IdSet, hash_id

DIGESTS = st.lists(st.binary(min_size=8, max_size=8).filter(any), max_size=300)


def test_an_id_is_new_once() -> None:
    found = IdSet()
    assert [found.add(hash_id("a")), found.add(hash_id("b")), found.add(hash_id("a"))] == [True, True, False]
    assert found.count == 2


def test_the_bytes_of_two_neighbours_are_no_third_id() -> None:
    found = IdSet()
    found.add(b"AAAABBBB")
    found.add(b"CCCCDDDD")
    assert b"BBBBCCCC" not in found
    assert found.add(b"BBBBCCCC")


def test_ten_thousand_ids_are_all_remembered_in_a_few_bytes_each() -> None:
    found = IdSet()
    digests = [hash_id(str(number)) for number in range(10_000)]
    assert all(found.add(digest) for digest in digests)
    assert all(digest in found for digest in digests)
    assert hash_id("another") not in found
    assert len(msgspec.msgpack.encode(found)) <= 32 * len(digests)


@given(DIGESTS)
def test_it_says_what_a_python_set_says(digests: list[bytes]) -> None:
    found, model = IdSet(), set[bytes]()
    for digest in digests + digests[::2]:
        assert found.add(digest) == (digest not in model)
        model.add(digest)
        assert digest in found
    assert found.count == len(model)


def test_ids_made_to_collide_find_each_other_a_place() -> None:
    found = IdSet()
    digests = [b"\1\0\0\0" + number.to_bytes(4, "big") for number in range(400)]
    assert all(found.add(digest) for digest in digests)
    assert not any(found.add(digest) for digest in digests)


@given(DIGESTS)
def test_a_set_that_was_read_from_a_snapshot_goes_on(digests: list[bytes]) -> None:
    found = IdSet()
    for digest in digests:
        found.add(digest)
    read = msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=IdSet)
    assert read.count == found.count
    assert all(digest in read for digest in digests)
    assert not any(read.add(digest) for digest in digests)
    assert read.add(b"something")
