"""The one error of a benchmark: its figures would not mean what they say."""


class BenchmarkFailed(Exception):
    """Something was lost, refused or not measured; the message says what."""
