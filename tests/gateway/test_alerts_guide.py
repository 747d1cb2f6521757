"""docs/alerts.md: its verifier accepts what a webhook signs, and nothing else."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.webhook import signature

PAGE = Path(__file__).parents[2] / "docs" / "alerts.md"
NOW_S = 1_767_355_200
BODY = b'{"type":"alert"}'


@pytest.fixture(scope="module")
def is_genuine() -> Callable[..., bool]:
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    found: Callable[..., bool] = names["is_genuine"]
    return found


def test_what_we_sign_is_genuine(is_genuine: Callable[..., bool]) -> None:
    assert is_genuine("s3cret", signature("s3cret", NOW_S, BODY), BODY, NOW_S + 299)


@pytest.mark.parametrize(
    ("secret", "body", "now_s"),
    [
        ("other", BODY, NOW_S),
        ("s3cret", BODY + b" ", NOW_S),
        ("s3cret", BODY, NOW_S + 301),
        ("s3cret", BODY, NOW_S - 301),
    ],
    ids=["another secret", "another body", "too old", "from the future"],
)
def test_anything_else_is_not(is_genuine: Callable[..., bool], secret: str, body: bytes, now_s: int) -> None:
    assert not is_genuine(secret, signature("s3cret", NOW_S, BODY), body, now_s)


@pytest.mark.parametrize("header", ["", "t=1", "v1=ab", "t=x,v1=ab", "t=1,v1=é", "nonsense"])
def test_a_header_that_is_none_is_not(is_genuine: Callable[..., bool], header: str) -> None:
    assert not is_genuine("s3cret", header, BODY, NOW_S)
