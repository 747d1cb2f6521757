"""A client that sends again until it is acked and remembers every ack, and what must be stored then."""

import threading
import uuid

from tests.live.serving import Serving, wait_until


class Load:
    """A client that sends batches of 20 events one after the other and remembers every id that was acked."""

    def __init__(self, server: Serving) -> None:
        self._server = server
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.acked: set[str] = set()
        self.run_id = uuid.uuid4().hex[:8]

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            ids = [f"{self.run_id}-{number}-{place}" for place in range(20)]
            self._send_until_acked(ids)
            number += 1

    def _send_until_acked(self, ids: list[str]) -> None:
        """A failed request may have been taken: the same events again, as a real client does."""
        events = [
            {"event_id": name, "session_id": f"{self.run_id}-{place % 5}", "event_type": "page_view"}
            for place, name in enumerate(ids)
        ]
        while True:
            try:
                if self._server.post("/api/v1/events", events).status == 200:
                    self.acked.update(ids)
                    return
            except (OSError, ValueError):
                pass
            if self._stop.wait(0.2):
                return


def stored_ids(server: Serving, run_id: str) -> list[str]:
    found: list[str] = []
    for place in range(5):
        cursor: str | None = ""
        while cursor is not None:
            more = {"cursor": cursor} if cursor else {}
            page = server.get(f"/api/v1/sessions/{run_id}-{place}/events", params={"limit": 5000, **more}).json
            found += [event["event_id"] for event in page["items"]]
            cursor = page["next_cursor"]
    return found


def assert_all_stored_once(server: Serving, load: Load) -> None:
    wait_until(lambda: load.acked <= set(stored_ids(server, load.run_id)), 30)
    stored = stored_ids(server, load.run_id)
    assert len(stored) == len(set(stored))
    counts = [
        server.get("/session/analysis", params={"session_id": f"{load.run_id}-{place}"}).json["event_count"]
        for place in range(5)
    ]
    assert sum(counts) == len(stored)


def wait_for_acks(load: Load, count: int) -> None:
    enough = len(load.acked) + count
    wait_until(lambda: len(load.acked) >= enough, 60)
