"""Which event comes n-th: whose it is, in which session, of which template. `load.lua` holds the same rule for wrk.

Visitors take turns, so that neighbours in a batch belong to different sessions, which is the hardest case for a fold.
"""

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Final, NamedTuple

import msgspec

from benchmarks import templates
from engine.config import Config
from engine.wire import Event
from gateway.agent import AgentReader
from gateway.decode import Decoder
from gateway.normalise import Arrival, Normaliser

STAGGER: Final = 7  # how far apart neighbours are in their sessions: otherwise all sessions would end together
START_MS: Final = 1_767_322_800_000  # for loads that are made in this process: no clock is needed
_PAUSE_MS: Final = 3_000  # between two events of a visitor: people, not programs
_USER_AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


class Place(NamedTuple):
    visitor: int
    session: int
    template: int  # index in `templates.ALL`


class Traffic(msgspec.Struct, frozen=True):
    """`session_events` is the length of a session; the last event of it closes it."""

    visitors: int
    session_events: int = 50
    stagger: int = STAGGER

    def place(self, number: int) -> Place:
        visit, visitor = divmod(number, self.visitors)
        visit += self._lead(visitor)
        round_, step = divmod(visit, self.session_events)
        return Place(visitor, visitor + self.visitors * round_, self._template(visitor, step))

    def _lead(self, visitor: int) -> int:
        return visitor * self.stagger % self.session_events

    def _template(self, visitor: int, step: int) -> int:
        if step == 0:
            return 0
        if step == self.session_events - 1:
            return len(templates.ALL) - 1
        return 1 + (step + visitor) % len(templates.MIDDLE)

    def sessions(self, events: int) -> int:
        """How many sessions the first so many events belong to."""
        full, more = divmod(events, self.visitors)
        return sum(self._rounds(visitor, full + (visitor < more)) for visitor in range(self.visitors))

    def _rounds(self, visitor: int, visits: int) -> int:
        lead = self._lead(visitor)
        return (lead + visits - 1) // self.session_events - lead // self.session_events + 1 if visits else 0

    def events(self, count: int, models: Sequence[Event]) -> Iterator[Event]:
        """The first so many events as the engine sees them; `models` are the decoded templates."""
        for number in range(count):
            visitor, session, template = self.place(number)
            event = copy(models[template])
            event.event_id = f"5e551d00-0000-4000-8000-{number:012d}"
            event.session_id = f"5e551d00-0000-4000-9000-{session:012d}"
            event.user_id = f"user-{visitor:06d}"
            event.at_ms = START_MS + number * _PAUSE_MS // self.visitors
            yield event


def decoded_templates() -> list[Event]:
    """Every template through the gateway's own decoder."""
    config, agents = Config(), AgentReader()
    decoder = Decoder(config, Normaliser(config, agents))
    arrival = Arrival(START_MS, START_MS + 1, 0, "127.0.0.1", agents.device(_USER_AGENT))
    return [decoder.decode(filled(template), arrival).events[0] for template in templates.ALL]


def filled(template: tuple[str, ...]) -> bytes:
    """A template as a whole event of nobody in particular."""
    values = ("5e551d00-0000-4000-8000-000000000000",) * 2 + ("user-000000", "2026-01-02T03:00:00.000Z", "")
    return "".join(piece + value for piece, value in zip(template, values, strict=True)).encode()
