from engine.timers import Timers


def test_the_earliest_comes_first_and_not_before_its_time() -> None:
    timers = Timers()
    timers.push(20, "b", 1)
    timers.push(10, "a", 2)
    assert timers.pop_due(9) is None
    assert timers.pop_due(10) == ("a", 2)
    assert timers.pop_due(19) is None
    assert timers.pop_due(99) == ("b", 1)
    assert timers.pop_due(99) is None


def test_cleared_timers_name_nobody() -> None:
    timers = Timers()
    timers.push(10, "a", 1)
    timers.clear()
    assert (len(timers), timers.pop_due(10)) == (0, None)
