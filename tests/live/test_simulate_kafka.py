"""Simulated traffic through a real broker: all of it, and every session in one partition, in order."""

import asyncio
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from cli.main import run
from simulator.kafka_sink import PARTITIONS
from tests.live.broker import Broker, has_kafka

EVENTS = 3_000


@pytest.mark.skipif(not has_kafka(), reason="`make kafka` found no Java or no Maven")
def test_a_session_stays_in_one_partition_and_in_order(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        flags = ["--start", "2026-01-05T08:00:00Z", "--speed", "max", "--seed", "1", "--events", str(EVENTS)]
        to = ["--sink", "kafka", "--bootstrap-servers", broker.address, "--topic", "user-events"]
        assert run(["simulate", *flags, *to]) == 0
        records = asyncio.run(_read(broker.address))
    assert len(records) == EVENTS
    sessions: defaultdict[str, list[tuple[int, Any]]] = defaultdict(list)
    for key, partition, value in records:
        sessions[key].append((partition, json.loads(value)))
    assert {partition for found in sessions.values() for partition, _ in found} == set(range(PARTITIONS))
    for session_id, found in sessions.items():
        assert len({partition for partition, _ in found}) == 1
        assert [event["session_info"]["events_in_session"] for _, event in found] == list(range(1, len(found) + 1))
        assert {event["session_id"] for _, event in found} == {session_id}


async def _read(address: str) -> list[tuple[str, int, bytes]]:
    consumer = AIOKafkaConsumer("user-events", bootstrap_servers=address, auto_offset_reset="earliest")
    await consumer.start()
    found: list[tuple[str, int, bytes]] = []
    try:
        while len(found) < EVENTS:
            some = await consumer.getmany(timeout_ms=5_000)
            assert some, f"only {len(found)} messages came"
            found += [(r.key.decode(), r.partition, r.value) for records in some.values() for r in records]
    finally:
        await consumer.stop()
    return found
