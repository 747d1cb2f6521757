"""The message of seed 002 as JSON text, joined from what was encoded before: a line each."""

from collections.abc import Callable
from typing import Final, NamedTuple

from simulator.clockwork import Stamps
from simulator.session import Session

_IDS: Final = 1_000_000
_ID_STEP: Final = 390_881  # shares no factor with the number of ids: a million in one second all differ
_FASTEST_LOAD_MS: Final = 200
_SLOWEST_LOAD_MS: Final = 2_900  # above 3000 a page is slow, and that is planned elsewhere


class Message(NamedTuple):
    """`text` ends with a newline. `at_ms` is the simulated time in Unix ms."""

    at_ms: int
    session_id: str
    event_id: str
    text: str


class Writer:
    """One stream: ids do not repeat within it."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._number = int(random() * _IDS)
        self._stamp = Stamps().at

    def write(self, session: Session, event_type: str, page: str, data: str, at_ms: int) -> Message:
        """`page` and `data` are JSON. Counts the event in the session."""
        session.count = count = session.count + 1
        self._number = number = (self._number + _ID_STEP) % _IDS
        event_id = f"evt_{at_ms // 1000}_{number:06d}"
        load_ms = _FASTEST_LOAD_MS + int(self._random() * (_SLOWEST_LOAD_MS - _FASTEST_LOAD_MS))
        text = (
            f'{{"event_id":"{event_id}","event_type":"{event_type}","timestamp":"{self._stamp(at_ms)}{session.head}'
            f'{page},"event_data":{data}{session.middle}{count},'
            f'"session_duration_so_far":{(at_ms - session.started_ms) // 1000},'
            f'"is_new_session":{"true" if count == 1 else "false"}}},"technical_info":{session.person.agent_json}'
            f'{load_ms},"time_on_page_ms":{at_ms - int(session.last_ms)}}}}}\n'
        )
        return Message(at_ms, session.session_id, event_id, text)
