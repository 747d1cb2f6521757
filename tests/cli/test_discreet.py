"""What is shown keeps passwords and secrets to itself."""

import msgspec
import pytest

from cli.discreet import discreet
from cli.settings import load
from engine.config import Webhook
from engine.errors import ConfigError

HOOK = {"name": "on-call", "url": "https://anna:pw@example.org", "secret": "s3cret"}
SHOWN = {"name": "on-call", "url": "https://anna:***@example.org", "secret": "***"}


def hook(fields: dict[str, str]) -> Webhook:
    return msgspec.convert(fields, Webhook)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("http://user:pw@host:8123", "http://user:***@host:8123"),
        (HOOK, SHOWN),
        ([HOOK, 7], [SHOWN, 7]),
        ((hook(HOOK),), (hook(SHOWN),)),
        (Webhook("a", "https://b"), Webhook("a", "https://b")),
    ],
    ids=["an address", "a table", "a list", "what it becomes", "no secret"],
)
def test_passwords_and_secrets_are_hidden_and_the_rest_stays(value: object, shown: object) -> None:
    assert discreet(value) == shown


@pytest.mark.parametrize("cut", [None, -1], ids=["whole", "cut off"])
def test_a_webhook_that_is_refused_does_not_tell_its_secret(cut: int | None) -> None:
    variable = msgspec.json.encode([{**HOOK, "url": "ftp://anna:pw@example.org"}]).decode()[:cut]
    with pytest.raises(ConfigError, match="on-call") as refused:
        load(None, {"SESSIOND_ALERTS__WEBHOOKS": variable}, {})
    assert "s3cret" not in refused.value.message
    assert ":pw@" not in refused.value.message
