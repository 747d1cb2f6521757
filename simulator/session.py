"""One visit while it lasts. What every message of it says is encoded once, when it starts."""

from typing import Final

import msgspec

from simulator.clockwork import iso
from simulator.people import Person
from simulator.plan import Plan

IDLE_MS: Final = 1_500_000  # who does nothing for 25 minutes leaves: half an hour later it would be another session


class Session(msgspec.Struct, gc=False):
    """Times in Unix ms. `due_ms`: when the agenda has it next. `place`: where it is among the idle, -1 = it is not."""

    session_id: str
    person: Person
    started_ms: int
    ends_ms: float
    head: str  # from the time of an event to its page
    middle: str  # from its data to the count of events
    last_ms: float
    due_ms: float = 0.0
    place: int = -1
    count: int = 0
    last_type: str = ""
    page: int = 0
    product: int = 0
    here: str = ""  # the page_info of the page it is on
    cart: tuple[int, ...] = ()  # products, one each
    is_left_open: bool = False  # no session_end will come
    is_leaving: bool = False
    plan: Plan | None = None
    step: int = 0
    evidence: tuple[str, ...] = ()  # event ids of the plan so far
    evidence_ms: int = 0
    run: tuple[str, ...] = ()  # event ids of the last actions, all of one type
    run_type: str = ""
    run_ms: int = 0
    burst: tuple[str, ...] = ()  # event ids of the last actions, each soon after the one before
    burst_ms: int = 0
    action_ms: int = 0

    @property
    def quiet_until_ms(self) -> float:
        """When it leaves if nothing more happens."""
        return min(self.ends_ms, self.last_ms + IDLE_MS)


def open_session(person: Person, at_ms: int, length_ms: float, referrer: str) -> Session:
    """`referrer` is the JSON of it."""
    session_id = f"sess_{at_ms // 1000}_{person.user_id}"
    return Session(
        session_id=session_id,
        person=person,
        started_ms=at_ms,
        ends_ms=at_ms + length_ms,
        last_ms=at_ms,
        head=(
            f'","session_id":"{session_id}","user_id":"{person.user_id}","user_segment":"{person.segment}","page_info":'
        ),
        middle=(
            f',{person.device_json},"referrer":{referrer},'
            f'"session_info":{{"session_start":"{iso(at_ms)}","events_in_session":'
        ),
    )
