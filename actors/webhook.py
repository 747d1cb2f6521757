"""A channel that posts to an address and signs what it posts, so that the receiver knows who sent it and when.

`Sessiond-Signature: t=<Unix seconds>,v1=<hex>`: HMAC-SHA256 with the shared secret over `<Unix seconds>.<body>`. The
time is signed too, so that an old message cannot be sent again by somebody who saw it. `Sessiond-Delivery` names the
message: it is the same whenever it is tried again.
"""

import hashlib
import hmac
from typing import Final

import urllib3

from actors.channel import NotDelivered, message_of
from persistence.outbox import Delivery

SIGNATURE: Final = "Sessiond-Signature"
DELIVERY: Final = "Sessiond-Delivery"


def signature(secret: str, at_s: int, body: bytes) -> str:
    """The value of the header, "" without a secret."""
    if not secret:
        return ""
    signed = hmac.new(secret.encode(), b"%d." % at_s + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={signed}"


class Webhook:
    """`timeout_ms`: to connect, and again for the answer. Any 2xx is success; redirects are not followed, for a message
    that is signed for one receiver is not for another."""

    def __init__(self, *, name: str, url: str, secret: str, timeout_ms: int) -> None:
        self.name = name
        self._url = url
        self._secret = secret
        timeout = urllib3.Timeout(connect=timeout_ms / 1000, read=timeout_ms / 1000)
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=1, timeout=timeout, retries=False)

    def send(self, delivery: Delivery, now_ms: int) -> None:
        body = message_of(delivery, now_ms)
        headers = {"Content-Type": "application/json", "User-Agent": "sessiond", DELIVERY: delivery.id}
        if signed := signature(self._secret, now_ms // 1000, body):
            headers[SIGNATURE] = signed
        try:
            # The answer's body is not read: it says nothing that counts, and may be endless.
            answer = self._pool.request("POST", self._url, body=body, headers=headers, preload_content=False)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise NotDelivered(_words(error)) from error
        answer.close()
        if not 200 <= answer.status < 300:
            message = f"it answered HTTP {answer.status}"
            raise NotDelivered(message)

    def close(self) -> None:
        self._pool.clear()


def _words(error: Exception) -> str:
    """Without the address: it may hold a password, and alerts are shown to many."""
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        return "its name is not known"
    if isinstance(error, urllib3.exceptions.NewConnectionError):  # also a ConnectTimeoutError: it comes first
        return "it refused the connection"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "it did not answer in time"
    return f"the request failed ({type(error).__name__})"
