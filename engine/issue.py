"""What one frame leads to, gathered while it is folded: each session and each anomaly once, in its last form."""

from collections.abc import Iterable

from engine.session import Session
from engine.summary import summarise
from engine.wire import Anomaly, AnomalyRow, Outcome


class Issue:
    def __init__(self) -> None:
        self.session_ids: dict[int, str] = {}
        self.controls = bytearray()
        self._sessions: dict[tuple[str, int], Session] = {}
        self._anomalies: dict[str, AnomalyRow] = {}

    def anomalies(self, session: Session, changed: Iterable[Anomaly]) -> None:
        for anomaly in changed:
            self._anomalies[anomaly.id] = AnomalyRow(
                session.project_id, session.session_id, session.public_generation, session.user_id, anomaly
            )

    def summary(self, session: Session) -> None:
        self._sessions[session.key, session.generation] = session

    def outcome(self, statuses: bytes = b"", generations: list[int] | None = None) -> Outcome:
        return Outcome(
            statuses=statuses,
            generations=generations or [],
            session_ids=self.session_ids,
            controls=bytes(self.controls),
            summaries=[summarise(session) for session in self._sessions.values()],
            anomalies=list(self._anomalies.values()),
        )
