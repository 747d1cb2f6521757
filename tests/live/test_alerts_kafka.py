"""Alerts through a real broker: each once, those of one thing in order, and again when the broker was away."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from actors.channel import NotDelivered
from actors.kafka_channel import KafkaChannel
from persistence.outbox import Delivery
from tests.builders import T0
from tests.live.broker import Broker, has_kafka
from tests.live.serving import free_port

TOPIC = "sessiond.alerts"

pytestmark = pytest.mark.skipif(not has_kafka(), reason="`make kafka` found no Java or no Maven")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("kafka")) as broker:
        asyncio.run(_make_topic(broker.address))
        yield broker


async def _make_topic(address: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, num_partitions=3, replication_factor=1)])
    await admin.close()


async def _read(address: str, count: int) -> list[tuple[str, str, bytes, int]]:
    """(key, delivery, value, partition) of so many messages."""
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=address, auto_offset_reset="earliest")
    await consumer.start()
    found: list[tuple[str, str, bytes, int]] = []
    try:
        while len(found) < count:
            some = await consumer.getmany(timeout_ms=5_000)
            assert some, f"only {len(found)} messages came"
            for records in some.values():
                found += [
                    (r.key.decode(), dict(r.headers)["sessiond-delivery"].decode(), r.value, r.partition)
                    for r in records
                ]
    finally:
        await consumer.stop()
    return found


def delivery(number: int) -> Delivery:
    body = json.dumps({"id": f"a{number}"}).encode()
    return Delivery(f"d{number}", "kafka", f"a{number}", "firing", f"default/many/{number % 2}", body)


def channel(address: str, *, timeout_ms: int = 10_000) -> KafkaChannel:
    return KafkaChannel(name="kafka", bootstrap_servers=address, topic=TOPIC, timeout_ms=timeout_ms)


def test_messages_of_one_key_come_in_their_order(broker: Broker, tmp_path: Path) -> None:
    out = channel(broker.address)
    for number in range(6):
        out.send(delivery(number), T0 + number)
    out.close()
    found = asyncio.run(_read(broker.address, 6))
    for key in ("default/many/0", "default/many/1"):
        ours = [(name, partition) for of, name, _, partition in found if of == key]
        assert [name for name, _ in ours] == [f"d{n}" for n in range(6) if n % 2 == int(key[-1])]
        assert len({partition for _, partition in ours}) == 1
    first = json.loads(next(value for _, name, value, _ in found if name == "d0"))
    assert first == {"type": "alert", "alert": {"id": "a0"}, "sent_at": "2026-01-02T12:00:00.000Z"}


def test_a_broker_that_is_not_there_is_left_in_time() -> None:
    out = channel(f"127.0.0.1:{free_port()}", timeout_ms=500)
    with pytest.raises(NotDelivered, match="Kafka did not take it"):
        out.send(delivery(9), T0)
    out.close()
