"""Session -> Summary: a pure view. The patterns are computed here, when somebody asks, not at every event."""

from collections import Counter

from engine import slots
from engine.analysis import ActionCount, CommonPattern, RepeatedPattern, Summary
from engine.campaign import campaign_of
from engine.device import Device
from engine.frustration import frustration_of
from engine.patterns import common_patterns, most_used_actions, repeated_patterns
from engine.session import PATTERNS, Session
from engine.vitals import vitals_of

NO_DEVICE = Device()

Patterns = tuple[list[ActionCount], list[CommonPattern], list[RepeatedPattern]]


def summarise(session: Session, failures: Counter[str] | None = None) -> Summary:
    """Patterns that cannot be computed are left out and counted in `failures`: the rest of the session is right."""
    used, common, repeated = _patterns(session, failures)
    kinds = {anomaly.type for anomaly in session.anomalies if anomaly.status != "withdrawn"}
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
        most_used_actions=used,
        common_patterns=common,
        repeated_patterns=repeated,
        anomalies=list(session.anomalies),
        device=session.device or NO_DEVICE,
        country=session.country,
        city=session.city,
        events_duplicate=session.duplicates,
        events_late=session.late,
        active_ms=0 if session.activity is None else session.activity.active_ms(),
        pages=[] if session.pages is None else session.pages.stays(session.last_ms),
        vitals=vitals_of(session.vitals),
        session_index=_session_index(session),
        previous_session_id=_previous_session_id(session),
        campaign=campaign_of(session.entry_url),
        frustration=frustration_of(session.anomalies),
        clock_offset_ms=None if session.clock is None else session.clock.offset_ms,
        referrer_host="" if session.origin is None else session.origin.referrer_host,
    )


def _session_index(session: Session) -> int | None:
    if slots.is_user_key(session.key):
        return session.generation
    return None if session.origin is None else session.origin.session_index or None


def _previous_session_id(session: Session) -> str | None:
    if slots.is_user_key(session.key):
        return session.previous_id or None
    if session.generation > 1:
        return session.session_id
    return None if session.origin is None else session.origin.previous_session_id or None


def _patterns(session: Session, failures: Counter[str] | None) -> Patterns:
    if session.muted and PATTERNS in session.muted:
        return [], [], []
    try:
        return most_used_actions(session.log), common_patterns(session.log), repeated_patterns(session.log)
    except MemoryError:
        raise
    except Exception:
        if failures is not None:
            failures[PATTERNS] += 1
        return [], [], []
