"""The state of one session: data only. Only `fold.py` changes it; encoded, it is its own snapshot."""

from typing import Final, Literal

import msgspec
import xxhash

from engine import slots
from engine.actionlog import ActionLog
from engine.activity import Activity
from engine.analysis import Anomaly, EndReason
from engine.clock import Clock
from engine.detectors.base import Action
from engine.device import Device
from engine.former import FormerRecent
from engine.idset import IdSet
from engine.origin import Origin
from engine.pages import Pages
from engine.recent import Recent
from engine.states import NONE, States

PATTERNS: Final = "patterns"  # what `Session.muted` calls those that the summary shows


class Session(msgspec.Struct, array_like=True, gc=False):
    """Times in Unix ms. New fields go to the end with a default, so that version N reads the snapshot of N-1."""

    key: str
    made_id: str  # the session id if the engine made it, else "": then the key holds it
    project_id: str
    user_id: str
    generation: int  # of the key; see `public_generation`
    started_ms: int  # earliest event
    last_ms: int  # latest event
    received_ms: int  # when the latest event came in: the inactivity timer runs on this clock
    end_reason: EndReason | Literal[""] = ""
    closed_ms: int = 0  # when it ended, on the receive clock: late events are taken for a while after that
    historic: bool = False
    event_count: int = 0
    page_count: int = 0
    click_count: int = 0
    error_count: int = 0
    duplicates: int = 0
    late: int = 0
    max_scroll_depth: int = 0
    entry_ms: int = 0
    entry_url: str = ""
    entry_path: str = ""
    exit_ms: int = 0
    exit_url: str = ""
    exit_path: str = ""
    device: Device | None = None
    country: str = ""
    city: str = ""
    ids: IdSet = msgspec.field(default_factory=IdSet)
    older_ids: IdSet | None = None  # when `ids` is full it moves here, and what was here is forgotten
    screens: IdSet = msgspec.field(default_factory=IdSet)
    log: ActionLog = msgspec.field(default_factory=ActionLog)
    latest: Action = Action()
    anomalies: tuple[Anomaly, ...] = ()
    detectors: States = NONE
    muted: list[str] | None = None  # detectors that raised in this session
    last_screen: str = ""  # most events are on the screen of the one before
    # Each event folded moves it on by its share of a second; how far it is ahead of the receive clock is the burst.
    paid_us: int = 0
    former: FormerRecent | None = None  # None since its snapshot was read
    rules_version: int = 0  # of the rules that its detectors remember; 0: a release that had no versions wrote it
    activity: Activity | None = None
    pages: Pages | None = None
    vitals: bytes = b""  # see engine/vitals.py
    clock: Clock | None = None  # None = no request said when it was sent
    previous_id: str = ""  # of a session found by user: the id of the one before
    funnels: tuple[int, ...] = ()  # how many steps of each way it has reached: engine/funnels.py
    origin: Origin | None = None  # None = nothing was said of it
    recent: Recent | None = None  # what its detectors saw last; None = nothing yet

    @property
    def session_id(self) -> str:
        return self.made_id or self.key[len(self.project_id) + 1 :]

    @property
    def is_live(self) -> bool:
        return not self.end_reason

    @property
    def version(self) -> int:
        """Grows with every event folded and with the end."""
        return self.event_count + bool(self.end_reason)

    @property
    def public_generation(self) -> int:
        """A session found by user has an id of its own per generation, so to the outside it is always the first."""
        return 1 if self.generation == 1 or slots.is_user_key(self.key) else self.generation

    def anomaly_id(self, kind: str, first_event_id: str, rule_version: int = 1) -> str:
        """Session, type, version of the rule and first event make the id, so that a replay writes the same row. The
        first version is left out: so were all of them before rules had versions."""
        text = f"{self.project_id}\0{self.session_id}\0{self.public_generation}\0{kind}\0{first_event_id}"
        if rule_version != 1:
            text += f"\0{rule_version}"
        return xxhash.xxh3_64_hexdigest(text.encode())


def page_of(session: Session) -> str:
    """Where it is: its latest page view, or the screen of whatever came last."""
    return session.exit_path or session.last_screen


encode_session = msgspec.msgpack.Encoder().encode
decode_session_raw = msgspec.msgpack.Decoder(Session).decode
