"""A channel that writes to a Kafka topic; only the monitor of a server that is configured so imports it."""

import asyncio
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from actors.channel import NotDelivered, message_of
from persistence.outbox import Delivery

_ALL: Final = "all"  # replicas have it before it counts as sent


class KafkaChannel:
    """Messages of one key (project, rule, group) keep their order. The client's event loop runs while something is
    sent and rests otherwise: a producer has no group that would miss it."""

    def __init__(self, *, name: str, bootstrap_servers: str, topic: str, timeout_ms: int) -> None:
        self.name = name
        self._servers = bootstrap_servers
        self._topic = topic
        self._timeout_ms = timeout_ms
        self._runner = asyncio.Runner()
        self._producer: AIOKafkaProducer | None = None

    def send(self, delivery: Delivery, now_ms: int) -> None:
        self._runner.run(self._send(delivery, now_ms))

    async def _send(self, delivery: Delivery, now_ms: int) -> None:
        headers = [("sessiond-delivery", delivery.id.encode())]
        try:
            async with asyncio.timeout(self._timeout_ms / 1000):
                producer = await self._connected()
                key = delivery.key.encode()
                await producer.send_and_wait(self._topic, message_of(delivery, now_ms), key=key, headers=headers)
        except (KafkaError, OSError, TimeoutError) as error:
            await self._disconnect()  # the next attempt begins anew
            message = f"Kafka did not take it ({type(error).__name__})"
            raise NotDelivered(message) from error

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._servers, acks=_ALL, request_timeout_ms=self._timeout_ms, client_id="sessiond"
            )
            self._producer = producer
            await producer.start()
        return self._producer

    async def _disconnect(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                async with asyncio.timeout(self._timeout_ms / 1000):
                    await producer.stop()
            except (KafkaError, OSError, TimeoutError):
                return  # it is gone either way

    def close(self) -> None:
        self._runner.run(self._disconnect())
        self._runner.close()
