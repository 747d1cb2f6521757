"""Whether the store holds what was sent to it: the table `deliveries` beside the table `events`, in one query.

`deliveries` says of each chunk which frames it held and how many rows they became, per day of the events. So:

- A **gap** is a run of frames that no chunk held.
- A row is **doubled** when readers see two rows of one place in the journal.
- A row is **missing** when readers see fewer rows of a day than were sent. That alone is no loss: the store keeps one
  row per (project, session, time, event_id), so a copy that could not be recognised as one, because it came days later
  or was not folded, replaces the row that was there. Each such copy was counted when it was sent (`day_replacing`), and
  replaces at most one row, of its own day; what they cannot account for is **lost**. Where nothing is left of a day all
  of it is lost, because a copy that replaces is there itself.
"""

import re
from typing import Any, Final

from persistence.ports import Audit, AuditFilter
from persistence.queries import WITHIN_PARTITIONS, Query

LISTED: Final = 100  # gaps, repeated runs and days that an answer names

_PLACE_BITS: Final = 24  # a frame holds far fewer events

_SQL: Final = f"""
WITH
    {{after:UInt64}} AS after, {{upto:UInt64}} AS upto,
    fromUnixTimestamp64Milli({{since_ms:Int64}}, 'UTC') AS since,
    ranges AS (
        SELECT first_seq, last_seq, received_to, days, day_events, day_replacing,
            max(last_seq) OVER (
                ORDER BY first_seq, last_seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS before,
            greatest(before, after) AS reached
        FROM deliveries FINAL
        WHERE journal_id = {{journal:String}} AND last_seq <= upto
    ),
    sent AS (
        SELECT day, sum(events_sent) AS sent, sum(may_replace) AS replacing
        FROM ranges ARRAY JOIN days AS day, day_events AS events_sent, day_replacing AS may_replace
        WHERE received_to >= since AND first_seq > reached
        GROUP BY day
    ),
    (SELECT minIf(first_seq, received_to >= since AND first_seq > after) FROM ranges) AS from_seq,
    seen AS (
        SELECT toYYYYMMDD(timestamp) AS day, count() AS present, countIf(src_seq > upto) AS coming,
            countIf(src_seq BETWEEN from_seq AND upto) AS row_count,
            groupBitmapIf(bitShiftLeft(src_seq, {_PLACE_BITS}) + src_index, src_seq BETWEEN from_seq AND upto) AS places
        FROM events FINAL
        WHERE src_journal = {{journal:String}}
            AND toYYYYMMDD(timestamp) BETWEEN (SELECT min(day) FROM sent) AND (SELECT max(day) FROM sent)
        GROUP BY day
    ),
    by_day AS (
        SELECT day, toInt64(sum(sent)) AS wanted, toInt64(sum(places)) AS there,
            toInt64(sum(row_count)) - there AS more, greatest(0, wanted - there) AS missing,
            if(sum(present) = 0, missing, greatest(0, missing - toInt64(sum(replacing) + sum(coming)))) AS gone
        FROM (
            SELECT day, sent, replacing, 0 AS present, 0 AS coming, 0 AS row_count, 0 AS places FROM sent
            UNION ALL
            SELECT day, 0, 0, present, coming, row_count, places FROM seen
        )
        GROUP BY day
    ),
    (
        SELECT (count(), min(first_seq), max(last_seq),
            groupArrayIf({LISTED})((reached + 1, toUInt64(first_seq - 1)), first_seq > reached + 1),
            groupArrayIf({LISTED})((first_seq, least(before, last_seq)), first_seq <= before))
        FROM ranges
    ) AS run
SELECT
    run.1 AS ranges, run.2 AS first_seq, run.3 AS last_seq,
    sum(wanted) AS expected, sum(there) AS found, sum(more) AS doubled,
    sum(missing - gone) AS replaced, sum(gone) AS lost,
    if(upto > greatest(run.3, after), arrayPushBack(run.4, (greatest(run.3, after) + 1, upto)), run.4) AS gaps,
    run.5 AS repeated, groupArrayIf({LISTED})((day, gone), gone > 0) AS lost_days
FROM (SELECT * FROM by_day ORDER BY day)
""".strip()


def audit_query(wanted: AuditFilter) -> Query:
    parameters = {
        "journal": wanted.journal_id,
        "after": wanted.after_seq,
        "upto": wanted.upto_seq,
        "since_ms": wanted.since_ms,
    }
    return Query(_SQL, parameters, WITHIN_PARTITIONS)


def audit_sql(wanted: AuditFilter) -> str:
    """The query with its values in it, to be run by hand in the database of sessiond."""
    values = audit_query(wanted).parameters
    return re.sub(r"{(\w+):\w+}", lambda found: _literal(values[found[1]]), _SQL)


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + re.sub(r"(['\\])", r"\\\1", value) + "'"


def audit_of(row: dict[str, Any]) -> Audit:
    return Audit(**{name: row[name] for name in Audit.__struct_fields__})
