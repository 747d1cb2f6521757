"""A real Kafka broker of one JVM in KRaft mode, from the jars that `make kafka` brings."""

import signal
import socket
import subprocess
from pathlib import Path
from typing import Final

from tests.live.serving import free_port, wait_until
from tests.sources import ROOT

START_S: Final = 60.0
_JARS: Final = ROOT / ".kafka"


def has_kafka() -> bool:
    """Whether `make kafka` found Java and Maven."""
    return any(_JARS.glob("*.jar"))


class Broker:
    """A context: ready on entry, killed on exit."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._java = ["java", "-Xmx256m", "-cp", f"{_JARS}/*"]
        self.address = f"127.0.0.1:{free_port()}"

    def __enter__(self) -> "Broker":
        properties = self._folder / "server.properties"
        properties.write_text(self._properties())
        storage = ["kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", str(properties)]
        subprocess.run([*self._java, *storage], capture_output=True, check=True)
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen([*self._java, "kafka.Kafka", str(properties)], stdout=log, stderr=log)
        wait_until(self._is_open, START_S, (self._folder / "log").read_text)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _is_open(self) -> bool:
        host, _, port = self.address.partition(":")
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0

    def _properties(self) -> str:
        controller = f"127.0.0.1:{free_port()}"
        return "\n".join(
            (
                "process.roles=broker,controller",
                "node.id=1",
                f"controller.quorum.voters=1@{controller}",
                f"listeners=PLAINTEXT://{self.address},CONTROLLER://{controller}",
                "controller.listener.names=CONTROLLER",
                f"log.dirs={self._folder / 'data'}",
                "auto.create.topics.enable=false",
            )
        )
