"""The settings of seed 002; what needs a broker is in tests/live."""

import pytest

from simulator.errors import SimulatorError
from simulator.kafka_sink import MOST_REPLICAS, PARTITIONS, PRODUCER, TOPIC_CONFIGS
from simulator.producer import UserBehaviorProducer


def test_topic_and_producer_are_set_as_the_seed_has_them() -> None:
    assert (PARTITIONS, MOST_REPLICAS) == (12, 3)
    assert TOPIC_CONFIGS == {"retention.ms": "259200000", "compression.type": "lz4"}
    told = {name: PRODUCER[name] for name in ("acks", "max_batch_size", "linger_ms", "compression_type")}
    assert told == {"acks": 1, "max_batch_size": 32_768, "linger_ms": 20, "compression_type": "lz4"}


def test_where_there_is_no_kafka_the_error_says_what_to_look_at() -> None:
    producer = UserBehaviorProducer(bootstrap_servers="127.0.0.1:9", topic="t")
    with pytest.raises(SimulatorError, match=r"Failed to connect to Kafka at '127.0.0.1:9'.*running"):
        producer.run_continuous(duration_seconds=1)
