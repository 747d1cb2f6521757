"""`sessiond serve`: check what was asked for, open the door, then run the server under a supervisor."""

import ipaddress
import socket
import sys
from contextlib import ExitStack

import typer

from actors.log import set_up_log
from cli import options
from cli.companion import Companion, simulation
from cli.supervisor import Supervisor
from engine.config import Config, Server
from engine.errors import ConfigError, OperatorError, SessiondError

_CRASHED = 70


def serve(
    file: options.ConfigFile = None,
    host: options.Host = None,
    port: options.Port = None,
    data_dir: options.DataDir = None,
    shards: options.Shards = None,
    insecure: options.Insecure = None,
    simulate: options.Simulate = 0.0,
) -> None:
    """Serve until SIGTERM or Ctrl-C, then drain, flush and stop."""
    found = options.settings(file, host=host, port=port, data_dir=data_dir, shards=shards, insecure=insecure)
    refuse_open_door(found.config.server)
    set_up_log()
    with listen(found.config.server) as listener, ExitStack() as beside:
        if simulate:
            beside.callback(Companion(simulation(url_of(listener), simulate)).stop)
        supervisor = Supervisor(lambda: _serve(found.config, listener), before_stop=beside.close)
        raise typer.Exit(supervisor.run())


def _serve(config: Config, listener: socket.socket) -> int:
    """In the child. What a person must mend ends the supervisor too; anything else is tried again."""
    from gateway.server import serve as serve_gateway  # Ray and ClickHouse take seconds to import

    try:
        serve_gateway(config, listener)
    except SessiondError as error:
        sys.stderr.write(f"sessiond: {error.message}\n")
        return 2 if isinstance(error, ConfigError) else 1
    except Exception:
        sys.excepthook(*sys.exc_info())
        return _CRASHED
    return 0


def listen(server: Server) -> socket.socket:
    """The bound socket, before anything is started. Raises OperatorError when the port is taken."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((server.host, server.port))
    except OSError as error:
        listener.close()
        message = f"{server.host}:{server.port} cannot be listened on: {error.strerror}; choose another --port."
        raise OperatorError(message) from error
    listener.listen(2048)
    return listener


def url_of(listener: socket.socket) -> str:
    """Where this machine reaches it: who listens on every address listens on loopback too."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def refuse_open_door(server: Server) -> None:
    """Without keys, whoever reaches the port reads and writes everything. Raises ConfigError."""
    if server.insecure or is_loopback(server.host):
        return
    message = (
        f"`server.host` is {server.host!r}, which others can reach, and there are no keys yet; "
        "take 127.0.0.1, or add --insecure if the network is yours."
    )
    raise ConfigError(message)


def is_loopback(host: str) -> bool:
    """A name other than localhost may resolve to anything, so it is not taken for loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
