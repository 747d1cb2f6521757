"""A real Kafka broker of one JVM in KRaft mode, from the jars in this machine's Maven repository."""

import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Final

from tests.live.serving import free_port, wait_until

START_S: Final = 60.0
_VERSION: Final = "3.9.1"
_POM: Final = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sessiond</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{_VERSION}</version></dependency>
  </dependencies>
</project>
"""


def class_path(folder: Path) -> str:
    """ "" when this machine has no Java, no Maven or not the jars: nothing is fetched."""
    if not (shutil.which("java") and shutil.which("mvn")):
        return ""
    (folder / "pom.xml").write_text(_POM)
    goal = ["dependency:build-classpath", f"-Dmdep.outputFile={folder / 'classpath'}"]
    done = subprocess.run(["mvn", "-o", "-q", "-B", *goal], cwd=folder, capture_output=True, check=False)
    return (folder / "classpath").read_text() if done.returncode == 0 else ""


class Broker:
    """A context: ready on entry, killed on exit."""

    def __init__(self, folder: Path, classes: str) -> None:
        self._folder = folder
        self._java = ["java", "-Xmx256m", "-cp", classes]
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
