"""One gateway's pipe to one shard: gathers parcels into numbered calls, a few in flight, always in order.

While nothing is in flight a parcel leaves at once; otherwise it waits a few milliseconds for company. When an outcome
is unknown, nothing new is sent until the calls in doubt have been sent again with their old numbers and answered.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Coroutine, Sequence

from actors.deadlines import Deadlines
from actors.link import LinkLost, ShardLink
from actors.parcel import Parcel, deliver, parcels, payload, refuse
from actors.room import Room
from actors.waiting import Waiting
from engine.config import Engine
from engine.errors import BatchGap, JournalDamaged, SessiondError, Wait
from engine.wire import BadRow, Control, Event, Reply, decode_reply

_RESEND_PAUSE_S = 0.1


class Call:
    """A load under a number."""

    def __init__(self, gateway: str, number: int, received_ms: int, load: list[Parcel]) -> None:
        self.gateway = gateway
        self.number = number
        self.received_ms = received_ms
        self.load = load

    def payload(self) -> bytes:
        return payload(self.gateway, self.number, self.received_ms, self.load)


class ShardPipe:
    """Made in the event loop that it serves. `send` may be called by any number of its tasks; `close` ends those that
    the pipe runs."""

    def __init__(self, link: ShardLink, limits: Engine, now_ms: Callable[[], int]) -> None:
        self._link = link
        self._limits = limits
        self._now_ms = now_ms
        self._waiting = Waiting(limits)
        self.room = Room(limits)
        self._deadlines = Deadlines(limits.hold_ms, self._late)
        self._flying: deque[Call] = deque()
        self._lost = False
        self._loop = asyncio.get_running_loop()  # kept, because asking makes a system call each time
        self._linger: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._new_incarnation()

    def _new_incarnation(self) -> None:
        self._gateway = uuid.uuid4().hex
        self._number = 0

    async def send(
        self, events: Sequence[Event], controls: Sequence[Control] = (), bad_rows: Sequence[BadRow] = ()
    ) -> Reply:
        """Durable when it returns. Raises Wait: refused, or no answer in time (then it may have been taken, and a
        resend of the same event ids is recognised)."""
        mine = list(parcels(events, controls, bad_rows, limits=self._limits, loop=self._loop))
        size_bytes = sum([len(parcel.items) for parcel in mine])
        self.room.enter(len(events), size_bytes)
        try:
            for parcel in mine:
                self._waiting.add(parcel)
                self._deadlines.add(parcel)
            self._pump()
            if len(mine) == 1:
                return await mine[0].reply
            replies = await asyncio.gather(*(parcel.reply for parcel in mine))
        except (Wait, asyncio.CancelledError):
            self._waiting.drop(mine)
            raise
        finally:
            self.room.leave(len(events), size_bytes)
        return Reply(b"".join(reply.statuses for reply in replies), replies[0].controls)

    def _late(self) -> Wait:
        message = f"The shard did not answer within {self._limits.hold_ms} ms."
        return self.room.wait(message, "shard_unavailable")

    def _pump(self) -> None:
        """Send what may leave now."""
        while self._waiting and not self._lost and len(self._flying) < self._limits.max_calls_in_flight:
            if self._flying and not self._waiting.is_full_call():
                if self._linger is None:
                    self._linger = self._loop.call_later(self._limits.linger_ms / 1000, self._lingered)
                return
            self._launch()

    def _lingered(self) -> None:
        self._linger = None
        if self._waiting and not self._lost and len(self._flying) < self._limits.max_calls_in_flight:
            self._launch()
        self._pump()

    def _launch(self) -> None:
        self._number += 1
        call = Call(self._gateway, self._number, self._now_ms(), self._waiting.take_call())
        self._flying.append(call)
        self._spawn(self._fly(call))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fly(self, call: Call) -> None:
        try:
            answer = await self._ask(call)
        except (LinkLost, SessiondError):
            self._lose()
            return
        deliver(call.load, answer)
        self._flying.remove(call)
        self._pump()

    async def _ask(self, call: Call) -> Reply:
        try:
            async with asyncio.timeout(self._limits.call_timeout_ms / 1000):
                return decode_reply(await self._link.apply(call.payload()))
        except TimeoutError as error:
            raise LinkLost from error

    def _lose(self) -> None:
        if not self._lost:
            self._lost = True
            self._spawn(self._recover())

    async def _recover(self) -> None:
        """Wait until nothing is in doubt, then send what is unanswered again, in order and one at a time."""
        others = [task for task in self._tasks if task is not asyncio.current_task()]
        await asyncio.gather(*others, return_exceptions=True)
        while self._flying:
            await self._again(self._flying[0])
            self._flying.popleft()
        self._lost = False
        self._pump()

    async def _again(self, call: Call) -> None:
        while True:
            try:
                deliver(call.load, await self._ask(call))
                return
            except (LinkLost, JournalDamaged):  # after damage the server ends: until then the clients are to wait
                await asyncio.sleep(_RESEND_PAUSE_S)
            except BatchGap:
                # Not taken, because a call before it was refused: begin to count anew.
                self._renumber()
            except SessiondError as error:
                refuse(call.load, error)
                return

    def _renumber(self) -> None:
        self._new_incarnation()
        for call in self._flying:
            self._number += 1
            call.gateway, call.number = self._gateway, self._number

    async def close(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
        self._deadlines.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        in_doubt = [parcel for call in self._flying for parcel in call.load]
        refuse([*in_doubt, *self._waiting.take_all()], Wait("The gateway is stopping.", "stopping"))
