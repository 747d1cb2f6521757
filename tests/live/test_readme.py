"""Every example of the README, in order, in an empty folder, against a running server."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.examples import Example, examples, matches
from tests.live.serving import Serving
from tests.sources import ROOT

README_URL: Final = "http://127.0.0.1:8080"
FRESH_WITHIN_S: Final = 15.0  # the flush interval is 1 s; a busy machine gets some air
_CHANGES: Final = ("-d ", "-X POST", "sessiond import", "<<")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples use curl, which this machine does not have")
def test_every_example_of_the_readme_gives_what_it_shows(new_server: Serving, tmp_path: Path) -> None:
    found = examples((ROOT / "README.md").read_text(encoding="utf-8"))
    assert found
    for example in found:
        real = output(example, new_server.url, tmp_path)
        assert matches(example.output, real), f"$ {example.command}\nshown: {example.output}\nreal: {real}"


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Serving]:
    """Of its own, because the README begins with an empty one."""
    serving = Serving(tmp_path / "server" / "data")
    serving.data_dir.parent.mkdir()
    try:
        yield serving.start()
    finally:
        assert serving.stop() == 0


def output(example: Example, url: str, folder: Path) -> str:
    """What only reads is asked again until it is fresh; what changes something is done once."""
    command = example.command.replace(README_URL, url)
    deadline_s = time.monotonic() + FRESH_WITHIN_S
    while True:
        real = run(command, folder)
        is_last = time.monotonic() > deadline_s or any(sign in command for sign in _CHANGES)
        if is_last or matches(example.output, real):
            return real
        time.sleep(0.2)


def run(command: str, folder: Path) -> str:
    """With the command `sessiond` of this environment, as after `make install`."""
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={"PATH": path, "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout
