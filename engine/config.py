"""The one configuration: frozen sections with a default, a unit in the name, and the reason for each limit.

Nothing here reads a file or the environment; `cli/settings.py` does, and says where each value came from.
"""

import os
from typing import Annotated, Any, Final, Literal

import msgspec

from engine.alerting.rule import DEFAULT_RULES, AlertRule
from engine.rules import NotNegative, Positive, Rules

MAX_PROJECTS: Final = 1_000  # that have rules of their own

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The HTTP front."""

    host: str = "127.0.0.1"
    port: Port = 8080
    insecure: bool = False  # without keys, anyone who reaches the port reads and writes everything
    max_body_bytes: Positive = 20_000_000  # decompressed too
    max_batch_events: Positive = 10_000
    max_event_bytes: Positive = 1_000_000
    body_timeout_ms: Positive = 30_000  # a body that stalls longer is answered 408
    # Of all bodies that are being worked on, and again of all answers that are being sent; beyond it 503. Decoded,
    # events take four times as much, but no more of them than `engine.max_pending_bytes` wait in that shape.
    max_inflight_bytes: Positive = 256_000_000
    max_connections: Positive = 10_000  # beyond it 503
    max_header_bytes: Positive = 65_536  # beyond it 431; what came in one read is not cut
    header_timeout_ms: Positive = 10_000  # headers not complete by then: 408; no request for so long: closed
    answer_timeout_ms: Positive = 30_000  # a client that takes nothing of its answer for so long is cut off
    max_future_ms: Positive = 86_400_000  # clocks run ahead, but not by more than a day
    # A sender's clock that differs by less is right: the way here takes time as well. Beyond it, times are corrected.
    clock_tolerance_ms: NotNegative = 5_000
    geoip_database: str = ""  # path of a MaxMind city database (.mmdb); without it only what clients send is known
    stop_timeout_ms: Positive = 7_000  # SIGTERM promises an exit within 10 s, and Ray takes up to 3 of them to end


class Engine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sharding, batching and back pressure."""

    shards: NotNegative = 0  # 0 = one per two cores; fixed when the data folder is made
    linger_ms: NotNegative = 5  # while a call is in flight, what arrives waits this long for company
    max_call_bytes: Positive = 200_000  # below what Ray is told to carry inside a message (actors/ray_settings.py)
    max_call_events: Positive = 800
    max_calls_in_flight: Positive = 3
    max_pending_events: Positive = 10_000  # per shard and gateway; beyond it 503: at 20,000/s they wait half a second
    max_pending_bytes: Positive = 32_000_000  # the same, for large events
    call_timeout_ms: Positive = 5_000
    hold_ms: Positive = 5_000  # how long a request waits for a shard that restarts before it gets 503
    tick_ms: Positive = 250
    # A shard that is there but answers no tick for so long is killed and starts anew. Three timeouts in a row: one that
    # is only slow answers some of them.
    hang_ms: Positive = 15_000


class Session(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How events become sessions."""

    gap_ms: Positive = 1_800_000  # strictly more than this between two events starts a new session
    # A bot that never pauses still gets finished sessions. Below 2^31: a time within a session is kept in four bytes.
    max_length_ms: Annotated[int, msgspec.Meta(ge=1, le=2_000_000_000)] = 86_400_000
    grace_ms: NotNegative = 60_000  # after a restart no session times out before this, so that clients can catch up
    # How long an ended session still takes late events. Not below `max_length_ms`: what goes on in a session that ended
    # would be too late one day, and a resend of it unknown.
    late_ms: Positive = 86_400_000
    remember_ms: Positive = 2_592_000_000  # how long its generation number is remembered after that
    max_actions: Positive = 1_000  # patterns look at the last so many actions
    max_event_types: Annotated[int, msgspec.Meta(ge=1, le=255)] = 200  # one byte each in the action log
    max_ids: Positive = 10_000  # ids remembered per session; beyond, the store removes the duplicates
    max_screens: Positive = 500
    # What one session may send for long; beyond, events are stored and not folded. Imports are exempt.
    max_events_per_second: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1_000
    burst_events: Positive = 20_000  # and at once: a backlog that was kept offline comes in full batches
    max_anomalies: Positive = 100
    max_live: Positive = 1_000_000  # live sessions per shard; beyond, 503 for events that start one
    page_types: frozenset[str] = frozenset({"page_view", "screen_view"})
    click_types: frozenset[str] = frozenset({"click", "button_click"})
    error_types: frozenset[str] = frozenset({"js_error", "unhandled_rejection", "app_error"})
    close_types: frozenset[str] = frozenset({"app_close", "session_end"})
    input_types: frozenset[str] = frozenset(
        {"input", "input_change", "change", "typing", "keypress", "keydown", "paste"}
    )
    form_start_types: frozenset[str] = frozenset({"form_start", "form_focus"})
    form_submit_types: frozenset[str] = frozenset({"form_submit", "submit"})
    request_types: frozenset[str] = frozenset({"network_request", "api_request", "fetch", "xhr"})
    move_types: frozenset[str] = frozenset({"mouse_move"})
    press_types: frozenset[str] = frozenset({"mouse_down", "drag_start", "touch_start"})
    release_types: frozenset[str] = frozenset({"mouse_up", "drag_end", "touch_end"})
    scroll_types: frozenset[str] = frozenset({"scroll"})
    mutation_types: frozenset[str] = frozenset({"dom_mutation"})
    vitals_types: frozenset[str] = frozenset({"web_vitals", "page_load"})
    visibility_types: frozenset[str] = frozenset({"visibility_change", "page_hidden", "page_visible", "page_exit"})
    focus_types: frozenset[str] = frozenset({"focus", "blur", "window_focus", "window_blur"})
    selection_types: frozenset[str] = frozenset({"text_select", "selection_change"})
    # Sent by the page, not done by the user: counted, but they neither make nor break a run, a gap or a pattern.
    continuous_types: frozenset[str] = frozenset(
        {
            *("mouse_move", "mouse_down", "mouse_up", "drag_start", "drag_end", "touch_start", "touch_end"),
            *("scroll", "dom_mutation", "web_vitals", "page_load", "selection_change"),
            *("visibility_change", "page_hidden", "page_visible", "page_exit", "window_focus", "window_blur"),
            *("network_request", "api_request", "fetch", "xhr", "resource_load", "heartbeat", "replay_chunk"),
        }
    )


class Journal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The durable log of a shard."""

    snapshot_sessions: Positive = 500  # dirty sessions written per tick at least
    # And at most: bounds the pause, 10 µs each. Four times as many while a restart would replay twice what it may.
    max_snapshot_sessions: Positive = 4_000
    max_replay_events: Positive = 200_000  # sessions are written so fast that a restart replays about so many: 1 s
    min_free_disk_percent: Annotated[int, msgspec.Meta(ge=0, le=99)] = 5  # below it 503, before the disk is full
    # The same in bytes, for small disks: room for a WAL while it is copied, and for inserts of the embedded database.
    min_free_disk_bytes: NotNegative = 64_000_000
    ledger_days: Positive = 31  # how long /api/v1/ledger goes back: some rows a minute and project, 10 MB for 31 days
    lock_wait_ms: NotNegative = 15_000  # an orphan of a killed run needs some seconds to die


class ClickHouse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where rows end. Without `url` an embedded database in the data folder is used."""

    url: str = ""  # http(s)://user:password@host:8123
    database: str = "sessiond"
    preset: Literal["default", "seed-000", "seed-003"] = "default"
    flush_rows: NotNegative = 0  # 0 = what the preset says
    flush_interval_ms: NotNegative = 0  # 0 = what the preset says
    max_chunk_rows: Positive = 50_000  # a backlog is drained in inserts of this size
    retry_min_ms: Positive = 500
    retry_max_ms: Positive = 30_000
    timeout_ms: Positive = 30_000
    aggregate_interval_ms: Positive = 60_000  # how often the daily counts of touched days are computed again
    max_memory_bytes: Positive = 2_000_000_000
    max_answer_bytes: Positive = 50_000_000  # of one page, in ClickHouse; as Python objects it is several times as much


class Webhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address that alerts are posted to; see docs/alerts.md."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    url: Annotated[str, msgspec.Meta(pattern="^https?://")]
    secret: str = ""  # signs what is sent
    timeout_ms: Positive = 5_000
    max_retries: NotNegative = 8


class AlertKafka(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A topic that alerts are written to; the channel is called kafka."""

    bootstrap_servers: str = ""  # host:port,host:port; without it Kafka is not used
    topic: str = "sessiond.alerts"
    timeout_ms: Positive = 10_000
    max_retries: NotNegative = 8


class Alerts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rules over all sessions, and who is told."""

    enabled: bool = True
    # What is given stands in the place of these.
    rules: Annotated[tuple[AlertRule, ...], msgspec.Meta(max_length=100)] = DEFAULT_RULES
    webhooks: Annotated[tuple[Webhook, ...], msgspec.Meta(max_length=20)] = ()
    kafka: AlertKafka = AlertKafka()
    retry_min_ms: Positive = 1_000  # the first wait before a message is sent again; it doubles
    retry_max_ms: Positive = 300_000


class Project(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one project has otherwise. `detectors`: {detector: {field: value}}, see engine/overlay.py."""

    detectors: dict[str, dict[str, Any]] = {}


class FunnelStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reached by an event of one of the types on a path; `*` in it stands for any characters."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    event_types: Annotated[frozenset[str], msgspec.Meta(min_length=1, max_length=20)]
    path: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "*"


class Funnel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A way through a site, in order."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    steps: Annotated[tuple[FunnelStep, ...], msgspec.Meta(min_length=1, max_length=20)]


def _shop() -> Funnel:
    views = frozenset({"page_view", "screen_view"})
    return Funnel(
        "purchase",
        (
            FunnelStep("visit", views),
            FunnelStep("product", views | {"product_view"}, "/product/*"),
            FunnelStep("cart", frozenset({"add_to_cart"})),
            FunnelStep("checkout", frozenset({"begin_checkout"})),
            FunnelStep("purchase", frozenset({"complete_checkout", "purchase"})),
        ),
    )


class Live(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is answered about now: `GET /api/v1/live` and `GET /api/v1/stream`."""

    # A list of {"name", "steps": [{"name", "event_types", "path"}]}; the default fits what `sessiond simulate` sends.
    funnels: Annotated[tuple[Funnel, ...], msgspec.Meta(max_length=10)] = (_shop(),)
    max_subscribers: Positive = 500  # of the stream; beyond it 503
    poll_ms: Positive = 50  # how often the shards are asked while somebody subscribes
    heartbeat_ms: Positive = 15_000  # proxies cut connections on which nothing comes for a minute or so


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    data_dir: str = "./data"
    server: Server = Server()
    engine: Engine = Engine()
    session: Session = Session()
    detectors: Rules = Rules()
    journal: Journal = Journal()
    clickhouse: ClickHouse = ClickHouse()
    alerts: Alerts = Alerts()
    # By project id, what of `detectors` it has otherwise: `[projects.shop.detectors.rage_click]`.
    projects: Annotated[dict[str, Project], msgspec.Meta(max_length=MAX_PROJECTS)] = {}
    live: Live = Live()


def default_shards() -> int:
    """One shard per two cores: the gateway and the persister need the other one."""
    return max(1, (os.cpu_count() or 1) // 2)
