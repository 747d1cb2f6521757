"""Who comes in, from where, for how long, and what will happen to them."""

from collections.abc import Callable
from typing import Final

from simulator.chance import Weighted
from simulator.people import People, to_json
from simulator.plan import Plan
from simulator.scenario import Scenario
from simulator.scene import Scene
from simulator.session import Session, open_session
from simulator.tables import CAMPAIGNS, REFERRERS, SEGMENTS, Referrer
from simulator.troubles import PLANNERS

_NOTHING: Final = "nothing"


class Arrivals:
    def __init__(self, scenario: Scenario, random: Callable[[], float]) -> None:
        self._random = random
        self._range_s = scenario.session_range_s
        self._referrers = Weighted({name: found.share for name, found in REFERRERS.items()})
        nothing = max(0.0, 1 - sum(scenario.troubles.values()))
        self._kinds = Weighted({**scenario.troubles, _NOTHING: nothing}) if scenario.troubles else None
        self.people = People(random)

    def session(self, at_ms: int) -> Session:
        person = self.people.arrive(at_ms)
        shortest_s, longest_s = self._range_s
        length_s = (shortest_s + self._random() * (longest_s - shortest_s)) * SEGMENTS[person.segment].length
        return open_session(person, at_ms, length_s * 1000, self._referrer())

    def plan(self, session: Session) -> Plan | None:
        """Laid down where the session is now."""
        kind = self._kinds.pick(self._random()) if self._kinds else _NOTHING
        if kind == _NOTHING:
            return None
        return PLANNERS[kind](Scene(self._random, session.person.device, session.page))

    def _referrer(self) -> str:
        texts = _REFERRER_TEXTS[self._referrers.pick(self._random())]
        return texts[int(self._random() * len(texts))]


def _referrer_texts(kind: str, found: Referrer) -> tuple[str, ...]:
    if not found.medium:
        return tuple(_referrer_text(kind, source) for source in found.sources)
    return tuple(_referrer_text(kind, s, s, found.medium, campaign) for s in found.sources for campaign in CAMPAIGNS)


def _referrer_text(kind: str, source: str, *campaign: str) -> str:
    """`campaign`: utm_source, utm_medium, utm_campaign, or nothing."""
    names = ("utm_source", "utm_medium", "utm_campaign")
    return to_json({"type": kind, "source": source, **dict(zip(names, campaign or (None,) * 3, strict=True))})


_REFERRER_TEXTS: Final = {kind: _referrer_texts(kind, found) for kind, found in REFERRERS.items()}
