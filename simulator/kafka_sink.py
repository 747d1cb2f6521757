"""Messages into a Kafka topic, a whole session in one partition and so in order."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from simulator.errors import SimulatorError
from simulator.message import Message
from simulator.sink import Sent

# Seed 002: how its topic is made, and its producer for high throughput. `buffer_memory` has no counterpart here: what
# is not sent yet is one batch.
PARTITIONS: Final = 12
MOST_REPLICAS: Final = 3  # fewer where there are fewer brokers
TOPIC_CONFIGS: Final[Mapping[str, str]] = {"retention.ms": str(3 * 86_400_000), "compression.type": "lz4"}
PRODUCER: Final[Mapping[str, Any]] = {
    "acks": 1,
    "max_batch_size": 32_768,
    "linger_ms": 20,
    "compression_type": "lz4",
    "request_timeout_ms": 10_000,
}

_log = logging.getLogger(__name__)


class KafkaSink:
    """Connects when it is made, and makes the topic if it is missing. `send` blocks until the broker has answered for
    every message of the batch. Not to be used inside a running event loop."""

    batch_size = 500

    def __init__(self, bootstrap_servers: str, topic: str) -> None:
        """Raises SimulatorError when there is no Kafka, or the topic cannot be made."""
        self._topic = topic
        with ExitStack() as opened:
            self._runner = opened.enter_context(asyncio.Runner())
            self._producer = self._runner.run(_connected(bootstrap_servers, topic))
            self._opened = opened.pop_all()

    def send(self, batch: Sequence[Message]) -> Sent:
        values = [message.text.rstrip().encode() for message in batch]
        results = self._runner.run(self._sent([message.session_id.encode() for message in batch], values))
        failures = [result for result in results if isinstance(result, BaseException)]
        if failures:
            _log.warning("%s events lost: %s", len(failures), failures[0])
        arrived = [v for v, result in zip(values, results, strict=True) if not isinstance(result, BaseException)]
        return Sent(len(arrived), len(failures), sum(map(len, arrived)))

    def close(self) -> None:
        with self._opened:
            self._runner.run(self._producer.stop())

    async def _sent(self, keys: Sequence[bytes], values: Sequence[bytes]) -> list[Any]:
        """What became of each, in their order: what the broker says, or the error."""
        pairs = zip(keys, values, strict=True)
        outcomes = await asyncio.gather(*(self._queued(key, value) for key, value in pairs), return_exceptions=True)
        return list(outcomes)

    async def _queued(self, key: bytes, value: bytes) -> object:
        return await self._producer.send_and_wait(self._topic, value, key=key)


async def _connected(bootstrap_servers: str, topic: str) -> AIOKafkaProducer:
    try:
        await _make_topic(bootstrap_servers, topic)
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, **PRODUCER)
        await producer.start()
    except (KafkaError, OSError, ValueError) as error:
        message = (
            f"Failed to connect to Kafka at {bootstrap_servers!r} ({error}); "
            "see that it is running and that `bootstrap_servers` is right."
        )
        raise SimulatorError(message) from error
    return producer


async def _make_topic(bootstrap_servers: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    try:
        await admin.start()
        brokers = len((await admin.describe_cluster())["brokers"])
        wanted = NewTopic(topic, PARTITIONS, min(MOST_REPLICAS, brokers), topic_configs=dict(TOPIC_CONFIGS))
        for _, code, reason in (await admin.create_topics([wanted])).topic_errors:
            if code not in (NoError.errno, TopicAlreadyExistsError.errno):
                message = f"The topic {topic!r} cannot be made: {reason or for_code(code).__name__}."
                raise SimulatorError(message)
    finally:
        await admin.close()
