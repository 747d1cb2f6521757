"""How far a long command is: a bar on a terminal, a line now and then everywhere else. All of it goes to stderr."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

_PLAIN_STEPS: Final = 10  # lines per stage when the length is known
_PLAIN_EVERY: Final = 100_000  # a line per so many items when it is not


class ProgressView(Protocol):
    """`stage` begins one piece of work (`total` None = unknown), `advance` counts in it, `note` says something."""

    def stage(self, title: str, total: int | None) -> None: ...
    def advance(self, count: int) -> None: ...
    def note(self, text: str) -> None: ...


class BarProgress:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def stage(self, title: str, total: int | None) -> None:
        self._task = self._bars.add_task(title, total=total)

    def advance(self, count: int) -> None:
        if self._task is not None:
            self._bars.advance(self._task, count)

    def note(self, text: str) -> None:
        self._bars.console.print(text, markup=False, highlight=False)


class PlainProgress:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._title = ""
        self._total: int | None = None
        self._done = 0

    def stage(self, title: str, total: int | None) -> None:
        self._title, self._total, self._done = title, total, 0

    def advance(self, count: int) -> None:
        step = max(1, self._total // _PLAIN_STEPS) if self._total else _PLAIN_EVERY
        before, self._done = self._done, self._done + count
        if before // step != self._done // step:
            of_total = f" of {self._total:,}" if self._total else ""
            self.note(f"{self._title} {self._done:,}{of_total}")

    def note(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()


@contextmanager
def shown_on(out: TextIO) -> Iterator[ProgressView]:
    if not out.isatty():
        yield PlainProgress(out)
        return
    columns = (TextColumn("{task.description:<8}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=out)) as bars:
        yield BarProgress(bars)
