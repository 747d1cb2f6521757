"""An event as the detectors see it: small, never changed, kept for the few seconds in which an older one may come."""

from collections.abc import Collection
from sys import intern
from typing import Any, Final

import msgspec

from engine.action import Action
from engine.analysis import Anomaly
from engine.wire import Click, Facts, Seen

MAX_TEXT: Final = 2_000  # characters of a client's text kept in a session: an event may hold a megabyte
MAX_PAGE: Final = 300  # of the name of a page, by which detectors know it
MAX_TARGET: Final = 200  # of the text of an element, or of an error


class Moment(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`at_ms`: event time, corrected where the session's clock is known to be wrong. `page`: the path, or the screen's
    name. `url`: of page views only, with its query. `error`: its message. `depth`: scroll depth in percent."""

    at_ms: int
    event_type: str
    event_id: str
    page: str = ""
    url: str = ""
    click: Click | None = None
    error: str = ""
    depth: int | None = None
    facts: Facts | None = None


class Shown(Moment, array_like=True, frozen=True, gc=False):
    """One that was shown to the detectors. Its mark is what the session knew before: `states`, `anomalies`, `latest`;
    `states` None = it has none."""

    states: tuple[Any, ...] | None = None
    anomalies: tuple[Anomaly, ...] = ()
    latest: Action | None = None


def moment_of(
    event: Seen,
    kind: str,
    at_ms: int,
    page_types: Collection[str],
    states: tuple[Any, ...] | None = None,
    anomalies: tuple[Anomaly, ...] = (),
    latest: Action | None = None,
) -> Shown:
    """What of an event is kept. `kind` is its type. Many sessions see the same pages and elements: texts are shared."""
    click, error = event.click, event.error
    return Shown(
        at_ms,
        kind,
        event.event_id,
        intern((event.path or event.screen_name)[:MAX_PAGE]),
        intern(event.url[:MAX_PAGE]) if kind in page_types else "",
        None if click is None else _shared(click),
        "" if error is None else error.message[:MAX_TARGET],
        event.scroll_depth,
        event.facts,
        states,
        anomalies,
        latest,
    )


def _shared(click: Click) -> Click:
    return Click(
        click.x,
        click.y,
        intern(click.selector[:MAX_TARGET]),
        intern(click.tag[:MAX_TARGET]),
        intern(click.text[:MAX_TARGET]),
        click.traits,
    )
