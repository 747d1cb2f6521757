"""Small files in the simulator's message format."""

import json
from collections.abc import Iterable
from pathlib import Path

from gateway.timestamps import iso


def shop_file(folder: Path, visits: Iterable[tuple[str, str, int]]) -> Path:
    """A line for each (session id, user id, time since 1970 in ms)."""
    file = folder / "events.jsonl"
    file.write_text("".join(f"{json.dumps(event(number, *visit))}\n" for number, visit in enumerate(visits)))
    return file


def event(number: int, session_id: str, user_id: str, at_ms: int) -> dict[str, object]:
    return {
        "event_id": f"evt_{number}",
        "event_type": "page_view",
        "timestamp": iso(at_ms),
        "session_id": session_id,
        "user_id": user_id,
        "page_info": {"page_url": "/p?q=1", "page_title": "P"},
        "event_data": {},
        "device_info": {"type": "mobile", "os": "iOS", "browser": "Safari"},
        "location": {"country": "US", "city": "Austin"},
    }
