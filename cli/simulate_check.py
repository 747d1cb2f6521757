"""`sessiond simulate --check URL`: what that server reported of a finished run, against the truth of the run."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from cli.delivery import Delivery
from engine.errors import OperatorError
from simulator.score import Claim, Score, Truth, read_truth, score

_SESSIONS_PER_PAGE: Final = 1_000
_SIMULATED: Final = re.compile(r"sess_\d+_user_\d{9}")
_HEAD: Final = f"{'type':<18}{'planted':>9}{'reported':>10}{'precision':>11}{'recall':>8}"


def checked(path: Path, delivery: Delivery) -> str:
    """The table. Raises SimulatorError for a truth that is none, OperatorError when the server does not say."""
    truth = _read(path)
    sessions = list(_sessions(truth, delivery))
    reported = [claim for session in sessions for claim in _claims(session)]
    known = len({session["session_id"] for session in sessions})
    head = f"{known:,} of the {truth.run.details['sessions']:,} sessions are known to the server."
    found = score(truth.claims, reported)
    return "\n".join((head, _HEAD, *(_row(kind, counts) for kind, counts in found.items())))


def _read(path: Path) -> Truth:
    try:
        with path.open("rb") as file:
            return read_truth(file)
    except OSError as error:
        message = f"The truth {path} cannot be read: {error.strerror}."
        raise OperatorError(message) from error


def _sessions(truth: Truth, delivery: Delivery) -> Iterator[dict[str, Any]]:
    """The simulated sessions that started while the run lasted."""
    cursor: str | None = ""
    # The end is the time of the last event, and the end of a range is not part of it.
    asked = {"started_at": truth.run.started_at, "ended_at": truth.run.details["ended_at"]}
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        target = f"/api/v1/sessions?{urlencode({**asked, 'limit': _SESSIONS_PER_PAGE, **more})}"
        answer = delivery.get(target)
        if answer.status != 200:
            message = f"The server answered {answer.status}: {answer.body.get('message', 'it gave no reason')}"
            raise OperatorError(message)
        yield from (item for item in answer.body["items"] if _SIMULATED.fullmatch(item["session_id"]))
        cursor = answer.body["next_cursor"]


def _claims(session: dict[str, Any]) -> Iterator[Claim]:
    for anomaly in session["anomalies"]:
        yield Claim(session["session_id"], anomaly["type"], frozenset(anomaly["event_ids"]))


def _row(kind: str, counts: Score) -> str:
    """Nothing reported of what was planted: the server does not know this type yet, or is blind to it."""
    row = f"{kind:<18}{counts.planted:>9,}{counts.reported:>10,}"
    if not counts.reported:
        return f"{row}{'-':>11}{counts.recall:>8.3f}  not reported by this server"
    return f"{row}{counts.precision:>11.3f}{counts.recall:>8.3f}"
