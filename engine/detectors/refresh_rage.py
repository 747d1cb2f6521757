"""Refresh rage: the same URL loaded again and again, because it does not come or does not change (product research
§2.9: so many reloads within 10 s).

Loads count that follow each other. What a script does to the address (`push`, `replace`) loads nothing, and going back
or forward is something else: none of them counts, nor breaks it. The fragment belongs to the URL here, because in some
applications it is all that tells one page from another. Screens of an app have no URL and cannot be loaded again.
"""

from typing import Final

import msgspec

from engine import config
from engine.detectors.base import NO_FINDINGS, Action, Detector, Verdict
from engine.detectors.cluster import Cluster, Part
from engine.detectors.places import page_of
from engine.moment import Moment
from engine.rules import RefreshRage as Rule

_NO_LOAD: Final = frozenset({"push", "replace", "back_forward"})


class Loads(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`at_ms`, `event_id`: of the first one. `cluster` None: there is no other, as of nearly all pages."""

    url: str
    at_ms: int
    event_id: str
    cluster: Cluster | None = None

    @property
    def known(self) -> Cluster:
        return self.cluster or Cluster((Part(self.at_ms, self.at_ms, (self.event_id,)),))


class RefreshRage(Detector):
    kind = "refresh_rage"
    severity = "medium"
    State = Loads

    def __init__(self, rule: Rule, kinds: config.Session) -> None:
        super().__init__(rule, kinds)
        self._min_loads = rule.min_loads
        self._window_ms = rule.window_ms
        self.event_types = kinds.page_types
        self.lasts_ms = rule.window_ms

    def see(self, state: Loads | None, moment: Moment, before: Action) -> Verdict:
        if moment.facts is not None and moment.facts.navigation in _NO_LOAD:
            return state, NO_FINDINGS
        url = page_of(moment, with_fragment=True)
        if not moment.url and not url.startswith("/"):
            return None, NO_FINDINGS
        if state is None or state.url != url:
            return Loads(url, moment.at_ms, moment.event_id), NO_FINDINGS
        part = Part(moment.at_ms, moment.at_ms, (moment.event_id,))
        cluster = state.known.grown(part, min_count=self._min_loads, window_ms=self._window_ms)
        loads = Loads(url, state.at_ms, state.event_id, cluster)
        if not cluster.count:
            return loads, NO_FINDINGS
        description = f"{url} was loaded {cluster.count} times in {cluster.seconds:g} s."
        return loads, (cluster.finding(description, {"page": url, "loads": cluster.count}),)
