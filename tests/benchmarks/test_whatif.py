"""What the benchmark of acks beside a what-if says of its rounds."""

from benchmarks.whatif import Asked, Round, lines


def test_the_medians_of_the_rounds_are_compared() -> None:
    quiet = [Round(1.0, 4.0, 9.0), Round(1.2, 5.0, 30.0), Round(1.4, 60.0, 70.0)]
    beside = [Round(2.0, 10.0, 20.0), Round(2.0, 11.0, 20.0), Round(2.0, 9.0, 20.0)]
    assert lines(quiet, beside, Asked([3.0, 5.0], 8_000)) == [
        "ack at 300 requests/s of one event, no what-if: p50 1.2 ms, p99 5.0 ms, max 30.0 ms",
        "ack at 300 requests/s of one event, beside what-ifs: p50 2.0 ms, p99 10.0 ms, max 20.0 ms",
        "p99 beside what-ifs: 2.2 times as long; 2 times is to be reached",
        "p99 beside what-ifs, by round: 2.5, 2.2, 0.1 times as long",
        "what-ifs answered: 2, each over 4000 sessions in 4.0 s",
    ]
