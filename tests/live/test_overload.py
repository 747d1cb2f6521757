"""Three times what the machine holds, for some seconds: rules, not speeds."""

from pathlib import Path

import uvloop

from benchmarks.flood import Flood
from benchmarks.overload import TIMES, check
from benchmarks.resident import Residents
from tests.live.serving import Serving, wait_until

LIMITS = "[engine]\nmax_pending_events = 2_000\n"  # reached on every machine, and at once
CAPACITY_S = 2
SECONDS = 8
MOST_GROWTH_MB = 200


def test_what_is_too_much_is_refused_in_good_order_and_the_rest_is_stored_once(tmp_path: Path) -> None:
    (tmp_path / "sessiond.toml").write_text(LIMITS)
    with Serving(tmp_path / "data", "--config", str(tmp_path / "sessiond.toml")) as server:
        flood = Flood(server.port, "flood")
        most = uvloop.run(flood.closed(16, CAPACITY_S))
        with Residents(server.pid()) as residents:
            told = uvloop.run(flood.open(TIMES * most.served / most.seconds, SECONDS))
        accepted = most.accepted + told.accepted
        wait_until(lambda: server.get("/health").json["checks"]["journal"]["lag_frames"] == 0, 30)
        check(told, most.in_doubt + told.in_doubt, accepted, server.stored_events())
    assert told.served > 0
    assert told.answers["503 overloaded"] > 0
    growth_mb = {kind: max(samples) - samples[0] for kind, samples in residents.samples_mb.items()}
    assert max(growth_mb.values()) < MOST_GROWTH_MB, growth_mb
