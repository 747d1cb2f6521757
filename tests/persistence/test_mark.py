import mmap
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import JournalDamaged, OperatorError
from engine.poison import BATCH, ENDS, NOWHERE, Subject
from persistence.mark import FILE, Mark, Marked

SUBJECT = Subject(BATCH, "f" * 32, 7)
PLACE = b"12345678"

DIE = """
import os, signal, sys
from pathlib import Path
from engine.poison import BATCH, Subject
from persistence.mark import Mark
mark = Mark(Path(sys.argv[1]))
with mark.folding(Subject(BATCH, "f" * 32, 7)):
    mark.at(b"12345678")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_who_dies_between_two_folds_leaves_nothing(tmp_path: Path) -> None:
    mark = Mark(tmp_path)
    assert mark.read() is None
    with mark.folding(SUBJECT):
        mark.at(PLACE)
    assert mark.read() is Mark(tmp_path).read() is None


def test_who_is_killed_in_a_fold_leaves_what_it_was_folding(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DIE, str(tmp_path)], check=False)
    assert done.returncode == -9
    assert Mark(tmp_path).read() == Marked(SUBJECT, PLACE)


def test_an_exception_leaves_the_mark_as_a_signal_would(tmp_path: Path) -> None:
    mark = Mark(tmp_path)
    with pytest.raises(KeyError), mark.folding(SUBJECT):
        raise KeyError
    assert Mark(tmp_path).read() == Marked(SUBJECT, NOWHERE)
    mark.clear()
    assert mark.read() is None


@pytest.mark.parametrize("error", [OperatorError("The disk does not read."), JournalDamaged("A row is damaged.")])
def test_what_the_disk_does_is_no_event_s_fault(tmp_path: Path, error: OperatorError) -> None:
    mark = Mark(tmp_path)
    with pytest.raises(OperatorError), mark.folding(SUBJECT):
        raise error
    assert Mark(tmp_path).read() is None


def test_a_step_of_one_fold_is_not_that_of_the_next(tmp_path: Path) -> None:
    mark = Mark(tmp_path)
    with mark.folding(SUBJECT):
        mark.at(PLACE)
    with pytest.raises(KeyError), mark.folding(Subject(ENDS, "tick")):
        raise KeyError
    assert mark.read() == Marked(Subject(ENDS, "tick"), NOWHERE)


@pytest.mark.parametrize("size_bytes", [0, 100, mmap.PAGESIZE])
def test_bytes_that_no_mark_is_made_of_say_nothing(tmp_path: Path, size_bytes: int) -> None:
    (tmp_path / FILE).write_bytes(b"\xff" * size_bytes)
    assert Mark(tmp_path).read() is None


def test_a_folder_that_takes_no_file_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(OperatorError, match="mark"):
        Mark(tmp_path)
