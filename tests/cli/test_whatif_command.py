"""`sessiond whatif` asks the server what another rule would have said, and shows it."""

import json
from typing import Any

import pytest

from cli.main import run
from tests.cli.tiny_server import TinyServer

ITEM = {
    "session_id": "s-7",
    "generation": 1,
    "started_at": "2026-01-02T12:00:00.000Z",
    "type": "rage_click",
    "description": "Clicked 4 times",
    "event_ids": ["e1"],
    "why": "min_clicks is 4 in the place of 6",
}
ANSWER: dict[str, Any] = {
    "detector": "rage_click",
    "sessions": 1_200,
    "events": 50_000,
    "skipped": {},
    "is_truncated": False,
    "truncated_by": "",
    "counts": {"added": 1, "removed": 0, "unchanged": 3},
    "added": [ITEM],
    "removed": [],
}


def ask(server: TinyServer, *flags: str, **answer: Any) -> int:
    server.trouble = [(200, ANSWER | answer, {})]
    return run(["whatif", "--url", server.url, "--detector", "rage_click", *flags])


def test_what_would_be_otherwise_is_shown(server: TinyServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(server, "--set", "min_clicks=4") == 0
    said = capsys.readouterr().out
    assert "added: 1" in said
    assert "s-7" in said
    assert "removed:" not in said
    assert "rage_click in 1,200 sessions (50,000 events): 1 added, 0 removed, 3 unchanged." in said


def test_values_are_typed_by_the_rule(server: TinyServer) -> None:
    flags = ["min_clicks=4", "enabled=true", "preset=posthog", "ignore_texts=Next, More", "ignore_selectors=[]"]
    ask(server, *(part for flag in flags for part in ("--set", flag)), "--started-at", "2026-01-01", "--limit", "7")
    assert server.bodies == [
        {
            "detector": "rage_click",
            "set": {
                "min_clicks": 4,
                "enabled": True,
                "preset": "posthog",
                "ignore_texts": ["Next", "More"],
                "ignore_selectors": [],
            },
            "limit": 7,
            "started_at": "2026-01-01",
        }
    ]


def test_json_is_what_the_server_said(server: TinyServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(server, "--json") == 0
    assert json.loads(capsys.readouterr().out) == ANSWER


def test_what_was_left_out_is_said(server: TinyServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(server, skipped={"not_stored_whole": 2}, is_truncated=True, truncated_by="limit") == 0
    said = capsys.readouterr().out
    assert "Left out: 2 not stored whole." in said
    assert "Not all: the limit of sessions was reached." in said


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--set", "min_clicks"], "`--set min_clicks` has no `=`; FIELD=VALUE is allowed."),
        (["--set", "clicks=4"], "`--set clicks=4` names no field of rage_click; there are enabled,"),
        (["--detector", "rage"], "`--detector rage` is no detector; there are rage_click,"),
    ],
)
def test_a_wrong_question_is_exit_2(
    server: TinyServer, capsys: pytest.CaptureFixture[str], flags: list[str], message: str
) -> None:
    assert ask(server, *flags) == 2
    assert message in capsys.readouterr().err
    assert server.requests == []


@pytest.mark.parametrize(("status", "code"), [(400, 2), (404, 1)])
def test_what_the_server_refuses_is_told(
    server: TinyServer, capsys: pytest.CaptureFixture[str], status: int, code: int
) -> None:
    server.trouble = [(status, {"message": "`set.min_clicks` is 1;"}, {})]
    assert run(["whatif", "--url", server.url, "--detector", "rage_click", "--set", "min_clicks=1"]) == code
    assert "`set.min_clicks` is 1;" in capsys.readouterr().err
