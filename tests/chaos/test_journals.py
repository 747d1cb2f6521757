"""A frame of an epoch that was over is seen, and nothing else is taken for one."""

from pathlib import Path
from random import Random

from engine.config import Config
from persistence.journal import Frame, Journal
from tests.chaos.changer import drawn
from tests.chaos.journals import JournalWatch, outlived
from tests.chaos.record import Sent
from tests.chaos.world import World
from tests.live.serving import wait_until


def frame(seq: int, epoch: int) -> Frame:
    return Frame(seq, "tick", epoch, 0, b"", b"")


def test_epochs_may_go_up_only() -> None:
    assert outlived(1, [frame(5, 1), frame(6, 2), frame(7, 2)]) == []
    assert outlived(2, [frame(5, 1)]) == ["frame 5 is of epoch 1, and epoch 2 has begun before it"]
    assert len(outlived(1, [frame(5, 1), frame(6, 2), frame(7, 1)])) == 1


def test_every_frame_is_seen_while_it_is_written(tmp_path: Path) -> None:
    watch = JournalWatch(tmp_path)
    watch.start()
    for _ in range(2):
        journal = Journal(tmp_path / "shard-0")
        for _ in range(10):
            journal.append("tick", 0, b"", b"")
        journal.close()
    wait_until(lambda: watch.frames == 20, 10)
    watch.stop()
    assert (watch.owners, watch.problems) == (2, set())


def test_rules_are_known_though_their_frame_was_deleted_unseen(tmp_path: Path) -> None:
    world, watch = World(tmp_path / "shard-0", Config()), JournalWatch(tmp_path)
    for number in range(1, 4):
        world.now_ms += 5_000
        world.configure(drawn(Random(number), number))
        world.send([Sent({"event_id": f"a{number}", "session_id": "a", "event_type": "click"})])
        for _ in range(3):
            world.now_ms += 5_000
            world.tick(sinks_done_seq=1_000)
        watch.look()
    world.close()
    assert (watch.frames, watch.unseen > 6, watch.problems) == (0, True, set())
    assert [book.version for book in watch.books.all()] == [1, 2, 3, 4]
    assert [book.page("default").own["rage_click"]["window_ms"] for book in [*watch.books.all()][1:]] == [
        2001,
        2002,
        2003,
    ]
