"""What the clients know: which events they sent, and which of them the server took or refused."""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Sent(NamedTuple):
    """One event on its way. `is_valid` False: the server must refuse it. `is_again`: it was acked before."""

    event: dict[str, Any]
    is_valid: bool = True
    is_again: bool = False

    @property
    def id(self) -> str:
        return str(self.event["event_id"])


class Record:
    """Written by any thread; each change is a JSON line in `file` before it counts. Grows with the run."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("w", encoding="utf-8")
        self._lock = threading.Lock()
        self.sent: set[str] = set()  # valid ones
        self.acked: set[str] = set()
        self.invalid: set[str] = set()
        self.refused: set[str] = set()  # invalid ones that the server named as such
        self.sessions: set[str] = set()  # ids that clients chose, of acked events
        self.answers: Counter[str] = Counter()  # by status, or by what went wrong
        self.surprises: list[str] = []  # answers that no client should ever get

    def sending(self, batch: Sequence[Sent]) -> None:
        new = [one for one in batch if not one.is_again]
        with self._lock:
            self.sent.update(one.id for one in new if one.is_valid)
            self.invalid.update(one.id for one in new if not one.is_valid)
            self._write("sent", [one.id for one in new])

    def answered(self, batch: Sequence[Sent]) -> None:
        """The server took the valid ones and refused the others."""
        with self._lock:
            self.acked.update(one.id for one in batch if one.is_valid)
            self.refused.update(one.id for one in batch if not one.is_valid)
            self.sessions.update(one.event["session_id"] for one in batch if one.is_valid and "session_id" in one.event)
            self._write("answered", [one.id for one in batch])

    def count(self, answer: str) -> None:
        with self._lock:
            self.answers[answer] += 1

    def surprise(self, text: str) -> None:
        with self._lock:
            self.surprises.append(text)
            self._write("surprise", [text])

    def note(self, what: str, **fields: Any) -> None:
        """What happened beside the clients: the nemesis writes here, so that one file tells the whole story."""
        with self._lock:
            self._file.write(json.dumps({what: fields}) + "\n")
            self._file.flush()

    def counts(self) -> tuple[int, int]:
        """(acked, sent) so far."""
        with self._lock:
            return len(self.acked), len(self.sent)

    def _write(self, what: str, ids: Iterable[str]) -> None:
        self._file.write(json.dumps({what: list(ids)}) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()
