"""The delivery ledger, asked for: what became of what was received, and whether the store really holds it."""

from actors.ports import EngineClient
from gateway.call import Answer, Call, json_answer
from gateway.ledger_views import audit_view, ledger_view
from gateway.params import time_range


class Ledger:
    def __init__(self, engine: EngineClient) -> None:
        self._engine = engine

    async def sums(self, call: Call) -> Answer:
        return json_answer(ledger_view(await self._engine.ledger(*time_range(call.query))))

    async def audit(self, call: Call) -> Answer:
        from_ms, _ = time_range(call.query)
        return json_answer(audit_view(await self._engine.audit(from_ms)))
