"""docs/insights.md: what a session says of itself beside its counts and anomalies, with the numbers of the code."""

from typing import Final

from engine.activity import KEPT_STRETCHES, MAX_GAP_MS
from engine.campaign import CLICK_IDS
from engine.clock import MAX_WAY_MS
from engine.frustration import MAX_SCORE, POINTS, SHARE_PERCENT
from engine.pages import MAX_PAGES, MAX_VISITS, OTHER

_HEAD: Final = f"""\
# What a session says of itself

Made from the code by `python -m cli.documents`; do not edit by hand. All of it is in `/session/analysis`, live
and ended, and in the columns of the table `sessions`. All times are event time, corrected where the client's
clock was wrong.

## active_ms
The sum of the gaps of at most {MAX_GAP_MS / 1000:g} s between what the user did: actions, pointer moves,
scrolls, selections; not what the page did by itself, such as requests, errors and heartbeats. The order of
arrival does not matter, up to the last {KEPT_STRETCHES} pauses: an event that comes after later ones and is
older than those changes nothing.

## pages
By path, or screen name: `views`, `time_ms` until the next page view or the last event, `max_scroll_depth` in
percent. The longest first; beyond {MAX_PAGES} pages the rest is one, `{OTHER}`. A page view that comes late
takes its part of the page before it; one older than the last {MAX_VISITS} is counted and has no time.

## vitals
The worst value of each web vital that a page sent: lcp, fid, ttfb, fcp, load, inp in milliseconds, cls. No
percentiles: they would need every value.

## session_index, previous_session_id
Of sessions found by `user_id`: the how-many-th session of that user it is, counted in the order in which they
were begun here, and the one before it in time, as known when it began; both as far back as
`session.remember_ms`. Of a session id that the client made only the earlier visit under the same id is known,
and the index is what page views of its client say: `session_index` (`sessionIndex`, `domain_sessionidx`) and
`previous_session_id` (`previousSessionId`), in the payload or beside it, the first that is said. Unknown is null, never
a guess.

## referrer_host
Of the entry page's `referrer` (or `referrer`, `$referrer`, `page_referrer` in its payload): the host without `www.`
and port, where it is another one than the page's own. "" = none is known.

## campaign
utm_source, utm_medium, utm_campaign, utm_term and utm_content of the entry page's address, and in `click_id`
the name of an ad network's parameter in it: {", ".join(CLICK_IDS)}.

## clock_offset_ms
A request that says `sent_at` shows how far its sender's clock is from ours, plus the time it took. The session
keeps the smallest of these, adds it to the times of that sender's events, and orders by the result; of one
sender, an event that happened later by its own clock is never put before another. In a session whose clock was
ahead by more than {MAX_WAY_MS // 1000} s an event whose clock agrees with ours is left alone. Events without
`sent_at` are not moved. The table `events` keeps the times as they came, and in `clock_moved_ms` what was added
to each. null = no request said it, 0 = the clocks agree.

## frustration
`score`, 0 to {MAX_SCORE}, is the sum of its `parts`, one for each type of anomaly. An anomaly has the points of
its severity:

| severity | points |
|---|---|
"""

_SHARES: Final = """
of which some types have a share only:

| type | share |
|---|---|
"""

_TAIL: Final = """
Of one type the heaviest counts in full, the next one half, the next one a quarter. A provisional anomaly counts
half, a withdrawn one nothing. So more trouble never lowers the score.
"""


def insights_page() -> str:
    points = "".join(f"| {severity} | {points} |\n" for severity, points in POINTS.items())
    shares = "".join(f"| {kind} | {percent} % |\n" for kind, percent in SHARE_PERCENT.items())
    return _HEAD + points + _SHARES + shares + _TAIL
