"""A frame of an epoch that was over is seen, and nothing else is taken for one."""

from pathlib import Path

from persistence.journal import Frame, Journal
from tests.chaos.journals import JournalWatch, outlived
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
