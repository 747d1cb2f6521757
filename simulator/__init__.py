"""Traffic of a shop that does not exist (seed 002): a client that knows nothing of the engine it feeds."""

from simulator.producer import UserBehaviorProducer

__all__ = ["UserBehaviorProducer"]
