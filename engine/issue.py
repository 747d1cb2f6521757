"""What one frame leads to, gathered while it is folded: each session and each anomaly once, in its last form."""

from collections import Counter
from collections.abc import Iterable

from engine.analysis import Anomaly
from engine.moment import MAX_TEXT
from engine.session import Session, page_of
from engine.summary import summarise
from engine.wire import LATE_RAW, AnomalyRow, Began, Outcome, Seen


class Issue:
    """`statuses`, `generations` and `indexes` run parallel to the events of the frame."""

    def __init__(self, events: int = 0) -> None:
        self.statuses = bytearray(events)
        self.controls = bytearray()
        self.indexes = [0] * events
        self._begun: list[Began] = []
        self.moved: dict[int, int] = {}
        self._generations = [1] * events
        self._session_ids: dict[int, str] = {}
        self._sessions: dict[tuple[str, int], Session] = {}
        self._anomalies: dict[str, AnomalyRow] = {}

    def begins(self, session: Session, event: Seen) -> None:
        """A session begins with an event."""
        page = (event.path or event.screen_name)[:MAX_TEXT]
        self._begun.append(
            Began(session.project_id, session.session_id, session.public_generation, session.user_id, page)
        )

    def belongs(self, place: int, event: Seen, session: Session) -> None:
        """Which session an event is of, where that is not plain from the event."""
        if session.generation != 1:
            self._generations[place] = session.public_generation
        if session.session_id != event.session_id:
            self._session_ids[place] = session.session_id

    def late(self, place: int, event: Seen, session_id: str, generation: int) -> None:
        """Too late to be folded."""
        self.statuses[place] = LATE_RAW
        self._generations[place] = generation
        if session_id != event.session_id:
            self._session_ids[place] = session_id

    def anomalies(self, session: Session, changed: Iterable[Anomaly]) -> None:
        for anomaly in changed:
            self._anomalies[anomaly.id] = AnomalyRow(
                session.project_id,
                session.session_id,
                session.public_generation,
                session.user_id,
                anomaly,
                page_of(session),
            )

    def summary(self, session: Session) -> None:
        self._sessions[session.key, session.generation] = session

    def outcome(self, failures: Counter[str] | None = None, *, unsure: int = 0) -> Outcome:
        """`failures` counts the patterns that could not be computed."""
        return Outcome(
            statuses=bytes(self.statuses),
            generations=self._generations,
            session_ids=self._session_ids,
            controls=bytes(self.controls),
            summaries=[summarise(session, failures) for session in self._sessions.values()],
            anomalies=list(self._anomalies.values()),
            unsure=unsure,
            indexes=self.indexes,
            begun=self._begun,
            moved=self.moved,
        )
