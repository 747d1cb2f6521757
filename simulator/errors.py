"""The one error that the simulator raises on purpose."""


class SimulatorError(Exception):
    """Something was asked for that cannot be made, or a sink cannot be reached; the message says what to change."""
