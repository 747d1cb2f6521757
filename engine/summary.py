"""Session -> Summary: a pure view. The patterns are computed here, when somebody asks, not at every event."""

from engine.patterns import common_patterns, most_used_actions, repeated_patterns
from engine.session import Session
from engine.wire import Device, Summary

NO_DEVICE = Device()


def summarise(session: Session) -> Summary:
    kinds = {anomaly.type for anomaly in session.anomalies}
    return Summary(
        project_id=session.project_id,
        session_id=session.session_id,
        user_id=session.user_id,
        generation=session.public_generation,
        state="live" if session.is_live else "ended",
        version=session.version,
        started_ms=session.started_ms,
        last_active_ms=session.last_ms,
        ended_ms=None if session.is_live else session.last_ms,
        end_reason=session.end_reason or None,
        event_count=session.event_count,
        page_count=session.page_count,
        click_count=session.click_count,
        error_count=session.error_count,
        unique_screens=session.screens.count,
        max_scroll_depth=session.max_scroll_depth,
        entry_url=session.entry_url,
        entry_path=session.entry_path,
        exit_url=session.exit_url,
        exit_path=session.exit_path,
        is_bounce=session.page_count <= 1,
        has_error=session.error_count > 0,
        has_rage_click="rage_click" in kinds,
        has_dead_click="dead_click" in kinds,
        most_used_actions=most_used_actions(session.log),
        common_patterns=common_patterns(session.log),
        repeated_patterns=repeated_patterns(session.log),
        anomalies=list(session.anomalies),
        device=session.device or NO_DEVICE,
        country=session.country,
        city=session.city,
        events_duplicate=session.duplicates,
        events_late=session.late,
    )
