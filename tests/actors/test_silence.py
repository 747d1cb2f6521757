from actors.silence import Silence


def test_an_answer_ends_the_silence() -> None:
    silence = Silence()
    silence.timed_out(5_000)
    silence.answered()
    assert (silence.absent_ms, silence.hung_ms) == (0, 0)


def test_a_process_that_takes_no_call_hangs_and_one_that_starts_does_not() -> None:
    silence = Silence()
    silence.timed_out(5_000)
    silence.timed_out(5_000)
    assert (silence.absent_ms, silence.hung_ms) == (10_000, 10_000)
    silence.lost(250)
    assert (silence.absent_ms, silence.hung_ms) == (10_250, 0)


def test_who_was_killed_for_it_has_not_hung_yet_but_is_still_absent() -> None:
    silence = Silence()
    silence.timed_out(5_000)
    silence.killed()
    assert (silence.absent_ms, silence.hung_ms) == (5_000, 0)
