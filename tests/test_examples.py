import pytest

from tests.examples import Example, examples, matches
from tests.sources import ROOT

DOCUMENT = """\
Text.
```console
$ curl -d '[
  {"a": 1}]'
{"b": 2}
$ cat > f <<'END'
one
END
$ wc -l f
1 …
```
```sh
$ never
```
"""


def test_commands_and_outputs_are_told_apart() -> None:
    assert examples(DOCUMENT) == [
        Example("curl -d '[\n  {\"a\": 1}]'", '{"b": 2}'),
        Example("cat > f <<'END'\none\nEND", ""),
        Example("wc -l f", "1 …"),
    ]


@pytest.mark.parametrize(
    ("shown", "real"),
    [
        ('{"a": 1}', '{"a":1,"b":2}'),
        ('{"a": "…"}', '{"a":null}'),
        ('{"a": "x…z"}', '{"a":"xyz"}'),
        ('{"…": "…"}', "{}"),
        ('["…", {"a": 1}, "…"]', '[{"a":0},{"a":1,"b":1},{"a":2}]'),
        ('[1, "…"]', "[1,2,3]"),
        ('["…"]', "[]"),
        ('{"p": 85.71}', '{"p":85.71428}'),
        ("a …\nc", "a b\nx\nc"),
        ("200", "200\n"),
        ("", "anything"),
    ],
)
def test_what_is_shown_is_a_part_of_what_comes(shown: str, real: str) -> None:
    assert matches(shown, real)


@pytest.mark.parametrize(
    ("shown", "real"),
    [
        ('{"a": 1}', '{"a":2}'),
        ('{"a": 1}', '{"b":1}'),
        ('{"a": 1}', '{"a":true}'),
        ('{"a": []}', '{"a":[1]}'),
        ("[1]", "[1,2]"),
        ('["…", 3]', "[1,2]"),
        ('{"p": 85.71}', '{"p":85.8}'),
        ('{"a": 1}', "not JSON"),
        ("a", "ab"),
        ("200", "503"),
    ],
)
def test_what_differs_is_noticed(shown: str, real: str) -> None:
    assert not matches(shown, real)


def test_the_readme_has_an_example_for_every_route() -> None:
    commands = "\n".join(example.command for example in examples((ROOT / "README.md").read_text(encoding="utf-8")))
    for route in (
        *(
            "/api/v1/events ",
            "/session/create",
            "/track",
            "/session/close",
            "/session/analysis",
            "/api/v1/sessions/s-1",
        ),
        *("/api/v1/sessions?", "/events?limit", "/api/v1/events/user/", "/api/v1/events/stats", "/health", "/ready"),
        *("/metrics", "/openapi.json"),
    ):
        assert route in commands, route
