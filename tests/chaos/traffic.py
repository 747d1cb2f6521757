"""What one client sends: visitors who look around, get stuck and leave, and everything that real clients do wrong."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final

from tests.chaos.record import Sent

Fields = dict[str, Any]

_KEPT: Final = 200  # acked events that may be sent again
_USERS_ONLY: Final = 0.15  # of the visitors send no session id
_STEPS: Final = (("typing", "send", "back"), ("add_to_cart",) * 6)
_INVALID: Final[Sequence[Fields]] = (
    {"event_type": None},
    {"timestamp": "yesterday"},
    {"timestamp": 1_000},
    {"session_id": "", "user_id": None},
    {"payload": [1, 2, 3]},
    {"session_id": "a\x07b"},
)


class Traffic:
    """`batch` never repeats an event, except those that `acked` was told. `gap_ms`: of the server's sessions."""

    def __init__(self, *, seed: str, name: str, visitors: int, gap_ms: int, clock: Callable[[], int]) -> None:
        self._chance = Random(seed)
        self._name = name
        self._gap_ms = gap_ms
        self._now_ms = clock
        self._numbers = 0
        self._visits = 0
        self._visitors = [self._arrive() for _ in range(visitors)]
        self._acked: deque[Sent] = deque(maxlen=_KEPT)
        self._ways: dict[Callable[[], Iterator[Fields]], int] = {
            self._browse: 60,
            self._rage: 4,
            self._repeat: 6,
            self._hurry: 3,
            self._without_time: 8,
            self._late: 6,
            self._long_ago: 2,
            self._leave: 4,
        }

    def batch(self) -> list[Sent]:
        """1 to about 60 events; some out of order, some invalid, some acked before."""
        chance = self._chance
        ways = chance.choices([*self._ways], [*self._ways.values()], k=chance.randint(1, 12))
        batch = [Sent(self._numbered(fields)) for way in ways for fields in way()]
        if chance.random() < 0.15:
            batch.append(self._invalid())
        if chance.random() < 0.03:
            batch = [self._invalid() for _ in range(3)]
        if chance.random() < 0.3 and self._acked:
            batch += [one._replace(is_again=True) for one in chance.sample([*self._acked], min(5, len(self._acked)))]
        if chance.random() < 0.3:
            chance.shuffle(batch)
        return batch

    def acked(self, batch: Sequence[Sent]) -> None:
        """What is old may be too late to be folded, and what is stored only is not known when it comes again."""
        oldest_ms = self._now_ms() - self._gap_ms
        fresh = [one for one in batch if one.is_valid and one.event.get("timestamp", oldest_ms) >= oldest_ms]
        self._acked += [one for one in fresh if not one.is_again]

    def _arrive(self) -> Fields:
        self._visits += 1
        who = {"user_id": f"{self._name}-u{self._visits}"}
        if self._chance.random() >= _USERS_ONLY:
            who["session_id"] = f"{self._name}-s{self._visits}"
        return who

    def _numbered(self, fields: Fields) -> Fields:
        self._numbers += 1
        return {"event_id": f"{self._name}-{self._numbers}", **fields}

    def _visitor(self) -> Fields:
        return self._chance.choice(self._visitors)

    def _browse(self) -> Iterator[Fields]:
        chance, who, page = self._chance, self._visitor(), self._chance.randint(1, 40)
        yield {**who, "event_type": "page_view", "timestamp": self._now_ms(), "url": f"https://shop.example/p/{page}"}
        if chance.random() < 0.5:
            yield self._click(who, self._now_ms(), chance.randint(0, 1900), chance.randint(0, 1000))
        if chance.random() < 0.2:
            depth = {"scroll_depth": chance.randint(0, 100)}
            yield {**who, "event_type": "scroll", "timestamp": self._now_ms(), "payload": depth, "plan": "gold"}
        if chance.random() < 0.1:
            device = {"browser": "Firefox", "os": "Linux", "screen_width": 1920, "screen_height": 1080}
            payload = {"message": "x is not a function", "stack": "at f"}
            yield {**who, "event_type": "js_error", "timestamp": self._now_ms(), "payload": payload, "device": device}

    def _rage(self) -> Iterator[Fields]:
        who, x, y = self._visitor(), self._chance.randint(0, 1900), self._chance.randint(0, 1000)
        for number in range(self._chance.randint(6, 9)):
            yield self._click(who, self._now_ms() + 150 * number, x + number, y)

    def _click(self, who: Fields, at_ms: int, x: int, y: int) -> Fields:
        payload = {"x": x, "y": y, "target": {"selector": "#pay", "tag": "button"}}
        return {**who, "event_type": "click", "timestamp": at_ms, "path": "/cart", "payload": payload}

    def _repeat(self) -> Iterator[Fields]:
        who, steps = self._visitor(), self._chance.choice(_STEPS)
        for number, step in enumerate(steps * (3 if len(set(steps)) > 1 else 1)):
            yield {**who, "event_type": step, "timestamp": self._now_ms() + 200 * number}

    def _hurry(self) -> Iterator[Fields]:
        who = self._visitor()
        for number in range(7):
            yield {**who, "event_type": f"step_{number}", "timestamp": self._now_ms() + 40 * number}

    def _without_time(self) -> Iterator[Fields]:
        yield {**self._visitor(), "event_type": "ping", "screen_name": "home"}

    def _late(self) -> Iterator[Fields]:
        yield {**self._visitor(), "event_type": "page_view", "timestamp": self._now_ms() - self._ago(self._gap_ms // 2)}

    def _long_ago(self) -> Iterator[Fields]:
        """Before the session began, by more than the gap: a generation of its own."""
        at_ms = self._now_ms() - 2 * self._gap_ms - self._ago(3 * self._gap_ms)
        yield {**self._visitor(), "event_type": "page_view", "timestamp": at_ms}

    def _ago(self, most_ms: int) -> int:
        return self._chance.randint(0, most_ms)

    def _leave(self) -> Iterator[Fields]:
        """Somebody goes, and somebody else comes."""
        place = self._chance.randrange(len(self._visitors))
        who, self._visitors[place] = self._visitors[place], self._arrive()
        yield {**who, "event_type": "session_end", "timestamp": self._now_ms()}

    def _invalid(self) -> Sent:
        event = {"event_type": "click", "timestamp": self._now_ms(), **self._visitor(), **self._chance.choice(_INVALID)}
        self._numbers += 1
        fields = {name: value for name, value in event.items() if value is not None}
        return Sent({"event_id": f"{self._name}-bad-{self._numbers}", **fields}, is_valid=False)
