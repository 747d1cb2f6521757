"""How long after the ack an anomaly is on the live stream, and what a listener costs the acks:
`python -m benchmarks.stream --seconds 20`.

1,000 requests a second of one event each go on beside a prober, which makes one rage click after the other. A delay is
the time from the ack of the click that completes one until the event is read from the stream; below 0 = it was read
before the ack. Both clocks are of this machine.
"""

import argparse
import json
import threading
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import Final

from benchmarks import latency, wrk
from benchmarks.server import sessiond
from benchmarks.traffic import Traffic
from tests.live.listening import Listening

_CLICKS: Final = 6
_CLICK_MS: Final = 100
_PAUSE_S: Final = 0.1


class Prober:
    """Makes rage clicks, and notes when each was acked."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.acked_ms: dict[str, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Prober":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(_PAUSE_S):
            session = f"probe-{number}"
            number += 1
            for click in range(_CLICKS):
                self._click(session, click)
            self.acked_ms[session] = time.time() * 1000

    def _click(self, session: str, number: int) -> None:
        at_ms = time.time_ns() // 1_000_000 + number * _CLICK_MS  # faster, they are taken for one reported twice
        event = {"event_type": "click", "session_id": session, "timestamp": at_ms, "payload": {"x": 5, "y": 5}}
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", "/api/v1/events", json.dumps(event), headers)
        self._connection.getresponse().read()


def measure(seconds: int) -> None:
    for is_listening in (False, True):
        with sessiond() as server, ExitStack() as stack:
            load = wrk.Load(
                port=server.port,
                connections=latency.CONNECTIONS,
                seconds=seconds,
                rate=latency.RATE_PER_S,
                traffic=Traffic(visitors=2_000),
                first=0,
            )
            client = stack.enter_context(Listening(server.port, "?anomaly=rage_click")) if is_listening else None
            prober = stack.enter_context(Prober(server.port))
            told = wrk.run(load)
            who = "one listener" if is_listening else "no listener"
            print(f"{who}: ack p50 {told.p50_us / 1000:.1f} ms, p99 {told.p99_us / 1000:.1f} ms")
            if client is not None:
                _print_delays(delays_ms(prober, client))


def delays_ms(prober: Prober, client: Listening) -> list[float]:
    """Of the sessions whose last click was acked, in order of size."""
    expected = dict(prober.acked_ms)
    found: dict[str, float] = {}
    while len(found) < len(expected):
        heard = client.next()
        if heard is None:
            break
        _, data, _, at_ms = heard
        session = data["session_id"]
        if session in expected and session not in found:
            found[session] = at_ms - expected[session]
    return sorted(found.values())


def _print_delays(delays: list[float]) -> None:
    p50, p99 = delays[len(delays) // 2], delays[int(len(delays) * 0.99)]
    print(f"from the ack to the stream: p50 {p50:.0f} ms, p99 {p99:.0f} ms, max {delays[-1]:.0f} ms of {len(delays)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    measure(parser.parse_args().seconds)


if __name__ == "__main__":
    main()
