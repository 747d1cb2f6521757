"""What docs/benchmarks.md says about each part before its figures."""

from typing import Final, NamedTuple

from benchmarks.results import Part


class Section(NamedTuple):
    title: str
    parts: tuple[Part, ...]
    text: str


SECTIONS: Final = (
    Section(
        "On its own",
        ("a", "b", "c", "d", "e", "f", "g"),
        """\
Events are about 310 bytes of JSON, page views, clicks, scrolling, typing, errors and what an app makes up itself, with
ids of their own. An answer counts when it is a 200, and it is one only after the events were written to the journal
and synced.

- (a) 20,000 visitors in turn, so that a batch of 100 holds 100 sessions; a session has 50 events. At the end the store
  must hold what was acked, counted in events and in sessions, or there is no figure.
- (b) sessiond and a bare Starlette route, served in the same way, in turns; medians.
- (c) `Registry.apply` on decoded full calls of a gateway, in CPU time, with all detectors, with none and with each of
  them alone, in turns; the counting for the monitor beside it; (d) what a process grows by that holds only a
  registry.
- (e) Requests leave at fixed moments whatever the answers do, so that a slow answer cannot hide those behind it.
- (f) Beside the load of (e), one rage click after another in sessions of their own; from the ack of its last click
  until a listener of the stream has read it, by one clock. Below 0 = it was read before the ack.
- (g) Asked on one connection, again and again; a session that is stuck has six clicks on one spot. The filter fits
  nobody, so that all who are stuck are looked at.
""",
    ),
    Section(
        "(W1) The same file through the peers",
        ("W1",),
        """\
Everybody reads the same file of the simulator, in the order of time, and must give the same sessions with the same
first and last moment and the same counts as the file has; no figure is told before. In turns, medians of the rounds; a
slow contestant runs on the first lines of the file only, as said below. The clock is that on the wall, from the first
line to the last answer, parsing included, starting Python excluded.

The peers do less: they sessionise and count. They look for no anomaly, recognise no duplicate and keep nothing on a
disk, and those in Python read three fields of an event where sessiond checks and keeps all of them. Each is set up in
its fastest way that still gives the right answers: Bytewax without recovery, Pathway over the whole file as one batch,
Redis without persistence. Bytewax is there three times. Its batches decide: small ones are those of a stream that is
read live, 1,000 is what its file source takes. So does the length of the file: it got slower along it, presumably
because its clock is one per user, so that the sessions of users who do not come back stay open to the end. Redis is
filled command by command as the open-source project GoSight does it, whose hash knows the session by the id of the
client, not by the gap.
""",
    ),
    Section(
        "(W2) The same service written plainly",
        ("W2",),
        """\
sessiond, in turns with Starlette + Redis + ClickHouse as a team would write it first, and well: typed decoding, one
pipeline of Redis commands a request, rows inserted by the thousand or every 5 seconds from a background task, the
answer out of memory (`benchmarks/peers/plain_service.py`). ClickHouse is embedded in both. The plain service looks for
no anomaly, no duplicate, no gap and no User-Agent. The turn of a server that stores is over when its rows are stored.
""",
    ),
    Section(
        "(W3) Growth",
        ("W3",),
        """\
By live sessions and by events per session: the fold alone, in a process that holds only a registry; 40,000 more events
are folded in, in CPU time, the sessions in turn. By shards: a real server under (a)'s load, the CPU time of all its
processes up to the last row in ClickHouse. On a machine with fewer cores than processes more shards cannot be faster.
""",
    ),
    Section(
        "(W4) After a kill",
        ("W4",),
        """\
The real server with so many live sessions, killed right after the last ack of a load, so that what no snapshot holds
must be replayed: first the process of its shard alone, then every process but the supervisor, which starts the server
again as an init system would. The supervisor waits longer the more often the server ended within a minute, from 0.2 s
up to 10 s; here it is killed again and again, so that most of the longer times of the whole server are that pause. The
time ends with the ack of an event that was sent at once and again while it was refused. Then all sessions must be live
and all acked events in the store, or there is no figure.
""",
    ),
    Section(
        "(W5) Until it is seen",
        ("W5",),
        """\
Six clicks on one spot in one request, in a session of their own, at random moments; then `/session/analysis` and the
session's rows in ClickHouse are asked again and again until they show them. From before the request is sent until the
answer has come that shows it; once without other traffic, once beside 5,000 events/s. The store is written once a
second.
""",
    ),
)
