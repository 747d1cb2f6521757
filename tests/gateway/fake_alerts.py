"""A monitor in memory: answers what a test put in."""

import msgspec

from actors.alert_ports import AlertRecord, MonitorHealth
from persistence.alert_rows import AlertFilter
from tests.gateway.conftest import NOW_MS


class FakeAlerts:
    """`records` stand newest first. `error` is raised by every call."""

    def __init__(self) -> None:
        self.records: list[AlertRecord] = []
        self.wanted: list[AlertFilter] = []
        self.health = MonitorHealth(is_on=True)
        self.error: Exception | None = None

    async def alerts(self, wanted: AlertFilter) -> list[AlertRecord]:
        self._fail()
        self.wanted.append(wanted)
        place = wanted.before
        after = [r for r in self.records if place is None or (r.alert.started_ms, r.alert.id) < place]
        return after[: wanted.limit]

    async def alert(self, project_id: str, alert_id: str) -> AlertRecord | None:
        self._fail()
        return next((r for r in self.records if (r.alert.project_id, r.alert.id) == (project_id, alert_id)), None)

    async def ack(self, project_id: str, alert_id: str, by: str, note: str) -> AlertRecord | None:
        found = await self.alert(project_id, alert_id)
        if found is not None and not found.alert.acked_ms:
            found.alert = msgspec.structs.replace(found.alert, acked_by=by, note=note, acked_ms=NOW_MS)
        return found

    def monitor_health(self) -> MonitorHealth:
        return self.health

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error
