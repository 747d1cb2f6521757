"""What happens when something fails: the table of docs/reliability.md. Tests look that every test named here exists and
that every figure does."""

from typing import Final, NamedTuple


class Failure(NamedTuple):
    """`figure`: a sentence with figures of docs/reliability.json in braces, "" = none was measured. `test`: what holds
    it, as file::function."""

    what: str
    then: str
    seen: str
    test: str
    figure: str = ""


def _again(fault: str) -> str:
    return (
        f"accepts again after {{chaos.accepting_again_s.{fault}.median}} s (median; "
        f"at most {{chaos.accepting_again_s.{fault}.max}} s)"
    )


_CHAOS: Final = "tests/live/test_chaos.py::test_nothing_acked_is_lost_or_doubled_whatever_is_killed"
_RAY: Final = "tests/live/test_recovery.py::test_when_ray_dies_everything_starts_anew_within_20_seconds"
_AWAY: Final = (
    "tests/live/test_clickhouse_outages.py::test_no_way_of_being_away_holds_up_acks_or_costs_or_doubles_a_row"
)
_SIMULATION: Final = "tests/simulation/test_simulation.py::test_nothing_acked_is_lost_whatever_dies"
_FULL: Final = "tests/live/test_disk_full.py::test_a_full_disk_costs_nothing_that_was_acked_and_needs_no_restart"

FAILURES: Final = (
    Failure(
        "A shard is killed",
        "Ray starts it again; it loads its snapshot, replays the rest of its journal and accepts. Requests wait for "
        "it, at most `engine.hold_ms`, then they get 503. Calls whose answer is missing are sent again under their "
        "numbers.",
        "`sessiond_shard_up`, `sessiond_shard_epoch`",
        "tests/live/test_recovery.py::test_a_killed_shard_accepts_again_in_3_seconds",
        _again("kill shard"),
    ),
    Failure(
        "The gateway is killed",
        "Its supervisor ends what it left behind and starts it again; connections wait in the socket's backlog. What "
        "was under way is sent again by its client and recognised.",
        "one line in the log",
        _CHAOS,
        _again("kill gateway"),
    ),
    Failure(
        "The store's process is killed, with the persisters in it",
        "Acks go on. It starts again, sends what was planned under the same tokens, and looks whether the rows are "
        "there: ClickHouse may know a token whose rows the kill took with it "
        "([test](../tests/live/test_store_crash.py)).",
        "`/health` degraded, `sessiond_sink_lag_seconds`",
        _CHAOS,
        _again("kill store"),
    ),
    Failure(
        "The monitor is killed or hangs",
        "Acks go on, and what it has to count waits in the shards. It starts again, repeats the last steps from its "
        "disk and takes each count once; no alert is lost or made twice. One that hangs is killed after "
        "`engine.hang_ms`. "
        "A damaged `monitor.db` stops the alerts and nothing else.",
        "`/health` degraded, `sessiond_monitor_up`, `sessiond_monitor_lag_seconds`",
        "tests/live/test_monitor.py::test_whoever_is_killed_every_event_counts_once",
        "an event after the kill is in an alert after {chaos.alerting_again_s.kill monitor.median} s (median; at most "
        "{chaos.alerting_again_s.kill monitor.max} s)",
    ),
    Failure(
        "Who is told of an alert does not answer",
        "The message is tried again with waits that double, also after a restart, then given up. Other channels, the "
        "rules and events do not wait for it.",
        "`deliveries` of the alert, `sessiond_channel_waiting`, `sessiond_channel_given_up_total`",
        "tests/live/test_monitor.py::test_a_message_goes_out_again_after_the_monitor_was_killed",
    ),
    Failure(
        "Rules are changed while a shard is away",
        "The change gets 503, and may have been taken: the same sent again is harmless. A shard that was away has the "
        "newest rules with the next tick, and each frame that is folded again is judged by the rules it had. An "
        "anomaly names the version and shows its thresholds.",
        "`sessiond_rules_version` differs between shards",
        "tests/actors/test_settling.py::test_a_shard_that_was_away_gets_the_rules_when_it_is_back",
    ),
    Failure(
        "Everything is killed at once",
        "The next start goes on with the sessions that were live; none times out before `session.grace_ms`.",
        "-",
        _CHAOS,
        _again("kill everything"),
    ),
    Failure(
        "The supervisor is killed",
        "The server ends with it; whatever starts sessiond (systemd, Docker, Kubernetes) starts it again.",
        "the exit of the process",
        _CHAOS,
        _again("kill supervisor"),
    ),
    Failure(
        "Ray's own processes are killed",
        "The gateway sees it within half a second and ends; everything starts anew.",
        "one line in the log",
        _RAY,
    ),
    Failure(
        "A shard hangs",
        "Calls time out after `engine.call_timeout_ms`. One that comes to itself in time goes on, and its late answers "
        "are recognised; after `engine.hang_ms` without an answer it is killed.",
        "`sessiond_shard_up` 0, one line in the log",
        "tests/gateway/test_guard.py::test_a_shard_that_answers_no_tick_for_so_long_is_killed_and_its_neighbour_is_not",
        _again("hang shard"),
    ),
    Failure(
        "A paused shard wakes up after its successor started",
        "It cannot: the journal's lock is its own as long as it lives. Where locks do not work (some network file "
        "systems), its first write finds a newer epoch in the same transaction, writes nothing and ends.",
        "one line in the log",
        "tests/live/test_fencing.py::test_a_paused_shard_writes_nothing_after_its_successor_started",
        _again("pause shard, kill gateway"),
    ),
    Failure(
        "ClickHouse is away: refuses, hangs, answers 500, breaks off, or commits and answers too late",
        "Acks go on and the journal grows; queries that need it get 503, live analysis works. It drains by itself "
        "within seconds of its return, every row once.",
        "`/health` degraded with a sentence, `sessiond_sink_lag_seconds`, `sessiond_store_up`",
        _AWAY,
        "{outage.drained, events/s} events/s drained beside 2,000 coming in; an hour at 2,000/s is "
        "{outage.journal of an hour at 2,000 events/s, GB} GB of journal",
    ),
    Failure(
        "The embedded database does not open",
        "Acks go on; it is tried again until it opens.",
        "`/health` degraded with what to do",
        "tests/live/test_clickhouse_outages.py::test_an_embedded_database_that_does_not_open_is_said_and_waited_for",
    ),
    Failure(
        "The disk gets full",
        "Below `journal.min_free_disk_percent` or `min_free_disk_bytes` everything is answered 503 `disk_full`, before "
        "it is full. If others fill it to the last byte, the shards end and wait for room. No restart is needed.",
        "`/health` unavailable, `sessiond_free_disk_percent`, one line in the log",
        _FULL,
    ),
    Failure(
        "A write or an fsync fails (EIO, ENOSPC)",
        "The process ends and the next one starts from what the disk holds. It never tries an fsync again that failed: "
        "what a log holds in the cache only is written again first.",
        "one line in the log",
        "tests/live/test_disk_errors.py::test_a_sync_that_fails_ends_the_writer_and_costs_nothing_that_was_acked",
    ),
    Failure(
        "The power is cut in the middle of a write",
        "The torn end of the log was never acked and is dropped.",
        "-",
        _SIMULATION,
        "{simulation.steps} steps and {simulation.deaths} deaths of processes in the simulation",
    ),
    Failure(
        "A byte of a journal is flipped",
        "Its shard does not start, or stops: the server ends with one line that names the file, the place and what to "
        "do. Nothing is skipped silently.",
        "exit code 1; `sessiond doctor`",
        "tests/live/test_damage.py::test_a_flipped_byte_stops_the_start_until_it_is_put_back",
    ),
    Failure(
        "An event kills the process that folds it",
        "After the second time it is stored with the flag 16 and left out of its session; its neighbours are folded, "
        "and the shard comes back.",
        '`sessiond_events_unfolded_total{reason="quarantined"}`, one line in the log',
        "tests/live/test_poison.py::test_an_event_that_kills_its_shard_is_stored_and_all_else_goes_on",
    ),
    Failure(
        "A detector raises",
        "It is not asked again in that session; everything else goes on.",
        "`sessiond_detector_errors_total`",
        "tests/engine/test_fold.py::test_a_detector_that_raises_is_silenced_for_that_session_and_counted",
    ),
    Failure(
        "More comes than the machine holds",
        "What is too much is answered 503 with `Retry-After`, before it is read; what is accepted is answered soon.",
        "`sessiond_pending_events`, statuses in `sessiond_http_requests_total`",
        "tests/live/test_overload.py::test_what_is_too_much_is_refused_in_good_order_and_the_rest_is_stored_once",
        "at {overload.offered_events_per_s} events/s offered and {overload.capacity_events_per_s} possible: p99 of the "
        "accepted {overload.accepted_ms.p99} ms, gateway at most {overload.memory_mb.gateway.most} MB",
    ),
    Failure(
        "One session gets very many events",
        "Beyond `session.max_events_per_second` and `session.burst_events` they are stored with the flag 8 and not "
        "folded. What a session holds is bounded.",
        '`sessiond_events_unfolded_total{reason="overflow"}`',
        "tests/engine/test_bounds.py::test_a_session_of_any_number_of_any_events_stays_within_its_budget",
    ),
    Failure(
        "Clients are slow, silent or too many",
        "Each has a time: 408 for headers and bodies that stall, an end for who asks nothing or reads nothing, 503 "
        "beyond `server.max_connections`.",
        "`sessiond_connections_refused_total`",
        "tests/live/test_bounds.py::test_headers_that_never_end_are_answered_408",
    ),
    Failure(
        "An event comes twice, late or out of order",
        "Twice: recognised, by id in a live session and for 24 hours after its end; later the store removes it. Late: "
        "folded for 24 hours, then stored only. Order: that of the event times within a batch.",
        "`duplicates` in the answer, the ledger",
        "tests/engine/test_registry_late.py::test_after_a_day_a_late_event_is_stored_raw_only",
    ),
    Failure(
        "The wall clock goes back",
        "Receive time never does; nobody times out because of it.",
        "-",
        _SIMULATION,
    ),
    Failure(
        "A new version starts on the data of the last one",
        "Journals of this format and of the one before are read; the first start brings them up. Anything else is "
        "refused with one sentence and left as it is.",
        "exit code 1",
        "tests/live/test_upgrade.py::test_serve_goes_on_with_the_data_of_a_released_version",
    ),
)
