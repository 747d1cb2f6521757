"""Guards for every test: no stray settings; outside tests/live no Ray and no network beyond this machine."""

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from cli.settings import PREFIX

SocketAddress = tuple[Any, ...] | str | bytes

# No deadline for one example: the machine may be busy. `timeout` in pyproject.toml bounds every test.
settings.register_profile("suite", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def no_stray_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(variable)


@pytest.fixture(autouse=True)
def no_network_beyond_this_machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("live"):
        return
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: SocketAddress) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(str(address[0])):
            pytest.fail(f"a test connects to {address!r}; only loopback is allowed")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def no_ray(request: pytest.FixtureRequest) -> Iterator[None]:
    """Ray takes seconds and leaves processes: plain classes are tested without it."""
    yield
    ray = sys.modules.get("ray")
    if ray is not None and not request.node.get_closest_marker("live") and ray.is_initialized():
        ray.shutdown()
        pytest.fail("a test outside tests/live started Ray")


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
