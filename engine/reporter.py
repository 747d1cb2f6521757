"""Findings -> the anomalies of a session: which one a finding belongs to, and what a second look changed."""

from collections.abc import Sequence

from msgspec.structs import replace

from engine.analysis import Anomaly
from engine.detectors.base import Detector, Finding
from engine.noted import Noted
from engine.session import Session


class Reporter:
    """`max_anomalies`: of a session. Those that were withdrawn do not count; up to as many of them are remembered, the
    latest."""

    def __init__(self, *, max_anomalies: int, noted: Noted) -> None:
        self._max_anomalies = max_anomalies
        self._noted = noted

    def report(
        self,
        session: Session,
        detector: Detector,
        rule_version: int,
        findings: Sequence[Finding],
        changed: list[Anomaly],
    ) -> None:
        """Put what was found among the session's anomalies, and into `changed`."""
        for finding in findings:
            kind = finding.type or detector.kind
            anomaly_id = session.anomaly_id(kind, finding.first_event_id, rule_version)
            known = next((anomaly for anomaly in session.anomalies if anomaly.id == anomaly_id), None)
            if known is None and self._is_full(session):
                self._noted.dropped += 1
                continue
            is_over = known is not None and known.status == "withdrawn"  # what is said again is found anew
            said = Anomaly(
                id=anomaly_id,
                type=kind,
                severity=finding.severity or detector.severity,
                description=finding.description,
                started_ms=finding.started_ms,
                detected_ms=finding.detected_ms if known is None or is_over else known.detected_ms,
                version=1 if known is None else known.version + 1,
                event_ids=list(finding.event_ids),
                details=finding.details,
                status=finding.status,
                last_ms=finding.last_ms,
                rule_version=rule_version,
                thresholds=detector.thresholds,
            )
            if known is None:
                session.anomalies = self._bounded((*session.anomalies, said))
            else:
                session.anomalies = tuple([said if a is known else a for a in session.anomalies])
            changed.append(said)

    def _is_full(self, session: Session) -> bool:
        if len(session.anomalies) < self._max_anomalies:
            return False
        return sum(anomaly.status != "withdrawn" for anomaly in session.anomalies) >= self._max_anomalies

    def _bounded(self, anomalies: tuple[Anomaly, ...]) -> tuple[Anomaly, ...]:
        over = len(anomalies) - 2 * self._max_anomalies
        if over <= 0:
            return anomalies
        gone = {anomaly.id for anomaly in [one for one in anomalies if one.status == "withdrawn"][:over]}
        return tuple([anomaly for anomaly in anomalies if anomaly.id not in gone])

    def compare(self, session: Session, before: Sequence[Anomaly]) -> list[Anomaly]:
        """After everything was said anew: give each its next version where it is said otherwise than `before`, and
        withdraw what is not said any more. What changed."""
        known = {anomaly.id: anomaly for anomaly in before}
        changed: list[Anomaly] = []
        now: list[Anomaly] = []
        for anomaly in session.anomalies:
            old = known.pop(anomaly.id, None)
            if old is None:
                now.append(replace(anomaly, version=1))
                changed.append(now[-1])
            elif replace(anomaly, version=old.version) == old:
                now.append(old)
            else:
                now.append(replace(anomaly, version=old.version + 1))
                changed.append(now[-1])
        for old in known.values():
            if old.status == "withdrawn":
                now.append(old)
            else:
                now.append(replace(old, status="withdrawn", version=old.version + 1))
                changed.append(now[-1])
        session.anomalies = self._bounded(tuple(now))
        return changed
