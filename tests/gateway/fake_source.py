"""A source of the live stream in memory, told what happens by a test."""

from engine.errors import Wait
from engine.happening import Happening, Position, Told
from engine.ring import END, Ring


class FakeSource:
    """`is_away`: nobody gets an answer. `asked` counts the questions."""

    def __init__(self, name: str = "s0", *, max_items: int = 10_000) -> None:
        self.name = name
        self.is_away = False
        self.asked = 0
        self._ring = Ring(Position(0, END), max_items=max_items)
        self._seq = 0

    def happen(self, session_id: str = "s1", **fields: object) -> None:
        """One frame with one happening."""
        self._seq += 1
        kind = fields.pop("kind", "session_start")
        made = Happening(kind, self._seq, 0, 1_767_355_200_000, "default", session_id, **fields)  # type: ignore[arg-type]
        self._ring.add(self._seq, [made])

    async def happenings(self, after: tuple[int, int] | None, limit: int) -> Told:
        self.asked += 1
        if self.is_away:
            msg = "The part that holds this answer restarts or does not respond."
            raise Wait(msg, "unavailable")
        return self._ring.after(None if after is None else Position(*after), limit)
