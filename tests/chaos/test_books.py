"""Rules are in force after the frame that says so, in the shard that has it."""

from engine.book import Book, encode_book
from persistence.journal import Frame
from tests.chaos.books import Books


def rules(seq: int, version: int) -> Frame:
    return Frame(seq, "rules", 1, 0, encode_book(Book(version)), b"")


def test_a_frame_changes_the_rules_of_those_after_it_and_of_no_other_shard() -> None:
    books = Books()
    books.took(0, [Frame(1, "tick", 1, 0, b"", b""), rules(5, 2)])
    books.took(0, [rules(9, 3)])
    assert [books.at(0, seq).version for seq in (1, 4, 5, 6, 8, 9, 10)] == [1, 1, 1, 2, 2, 2, 3]
    assert books.at(1, 100).version == 1
    assert sorted(book.version for book in books.all()) == [1, 1, 2, 3]
