"""What is said about a session: summary, anomalies, patterns. Live answers and stored rows are made of it."""

from typing import Literal

import msgspec

from engine.device import Device


class ActionCount(msgspec.Struct, frozen=True):
    event_type: str
    count: int
    percentage: float


class CommonPattern(msgspec.Struct, frozen=True):
    pattern: list[str]
    count: int
    avg_duration_ms: float


class RepeatedPattern(msgspec.Struct, frozen=True):
    pattern: list[str]
    repeat_count: int
    first_ms: int
    last_ms: int


class PageStay(msgspec.Struct, frozen=True):
    """`time_ms`: from its opening until another page was opened, or the last event. The depth in percent, 0 = top."""

    path: str
    views: int
    time_ms: int
    max_scroll_depth: int


class Campaign(msgspec.Struct, frozen=True):
    """Of the entry page's address. `click_id`: which ad network's parameter is in it, such as `gclid`."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""
    click_id: str = ""


class FrustrationPart(msgspec.Struct, frozen=True):
    type: str
    count: int
    points: int


class Frustration(msgspec.Struct, frozen=True):
    """`score`: 0 to 100, see engine/frustration.py."""

    score: int = 0
    parts: list[FrustrationPart] = []


Severity = Literal["low", "medium", "high"]
AnomalyStatus = Literal["provisional", "confirmed", "withdrawn"]
EndReason = Literal["close", "timeout", "max_length"]


class Anomaly(msgspec.Struct, frozen=True):
    """What a detector reports. `id` is the same in every replay; a burst keeps one id and grows its `version`.

    `provisional`: what is still to come may show that it is none. `withdrawn`: it was none, as a late event showed.
    `rule_version`: which version of the detector's rule said so, with the `thresholds` that it had.
    """

    id: str
    type: str
    severity: Severity
    description: str
    started_ms: int
    detected_ms: int
    version: int = 1
    event_ids: list[str] = []
    details: dict[str, int | float | str] = {}
    status: AnomalyStatus = "confirmed"
    last_ms: int = 0
    rule_version: int = 1
    thresholds: dict[str, int | float | str] = {}


class Summary(msgspec.Struct):
    """Everything `/session/analysis` says about one session, live or ended; also the row it becomes.

    `version` grows with every event folded and with the end, so that a re-issued row replaces the older one. `vitals`:
    the worst of each, by name. `session_index`: the how-many-th of its user it is, None = unknown, as is the one before
    it. `clock_offset_ms`: what was added to its client's times, None = the client did not say when it sent them.
    `referrer_host`: the other site that led to the entry page, "" = none is known.
    """

    project_id: str
    session_id: str
    user_id: str
    generation: int
    state: Literal["live", "ended"]
    version: int
    started_ms: int
    last_active_ms: int
    ended_ms: int | None = None
    end_reason: EndReason | None = None
    event_count: int = 0
    page_count: int = 0
    click_count: int = 0
    error_count: int = 0
    unique_screens: int = 0
    max_scroll_depth: int = 0
    entry_url: str = ""
    entry_path: str = ""
    exit_url: str = ""
    exit_path: str = ""
    is_bounce: bool = False
    has_error: bool = False
    has_rage_click: bool = False
    has_dead_click: bool = False
    most_used_actions: list[ActionCount] = []
    common_patterns: list[CommonPattern] = []
    repeated_patterns: list[RepeatedPattern] = []
    anomalies: list[Anomaly] = []
    device: Device = Device()
    country: str = ""
    city: str = ""
    events_duplicate: int = 0
    events_late: int = 0
    active_ms: int = 0
    pages: list[PageStay] = []
    vitals: dict[str, float] = {}
    session_index: int | None = None
    previous_session_id: str | None = None
    campaign: Campaign = Campaign()
    frustration: Frustration = Frustration()
    clock_offset_ms: int | None = None
    referrer_host: str = ""

    @property
    def duration_ms(self) -> int:
        return self.last_active_ms - self.started_ms
