import io

from cli.progress import BarProgress, PlainProgress, ProgressView, shown_on


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(view: ProgressView) -> None:
    view.stage("sending", 50)
    for _ in range(50):
        view.advance(1)
    view.note("line 3: [odd]")


def test_off_a_terminal_a_stage_says_ten_lines() -> None:
    out = io.StringIO()
    with shown_on(out) as view:
        assert isinstance(view, PlainProgress)
        run(view)
    lines = out.getvalue().splitlines()
    assert lines[0] == "sending 5 of 50"
    assert lines[9:] == ["sending 50 of 50", "line 3: [odd]"]


def test_a_stage_of_unknown_length_speaks_seldom() -> None:
    out = io.StringIO()
    view = PlainProgress(out)
    view.stage("reading", None)
    for _ in range(250):
        view.advance(1000)
    assert out.getvalue().splitlines() == ["reading 100,000", "reading 200,000"]


def test_on_a_terminal_there_is_a_bar() -> None:
    out = Terminal()
    with shown_on(out) as view:
        assert isinstance(view, BarProgress)
        run(view)
    assert "50/50" in out.getvalue()
    assert "line 3: [odd]" in out.getvalue()
