"""One node: the engine's processes, the HTTP server in front of them, and their orderly end."""

import asyncio
import contextlib
import resource
import signal
import socket
from collections.abc import Callable, Iterator

import structlog
import uvicorn
import uvloop

from actors.client import Client
from actors.collecting import calm_gc
from actors.feeder import Feeder
from actors.link import StoreLink
from actors.live_sources import LiveSources
from actors.monitor_source import MonitorSource
from actors.remote import RayNode
from actors.ticker import Ticker
from actors.wiring import check_journals, claim, disk_of, settle_shards, system_now_ms
from engine.config import Config
from gateway.app import create_app
from gateway.connection import SPARE_CONNECTIONS, Connection, Porter, connections
from gateway.guard import Guard
from gateway.hub import Hub
from gateway.metrics import Metrics

_STOP_SHARE_REQUESTS = 4  # of the time for stopping, a quarter goes to requests that are under way
_CHECK_TICKS = 10  # uvicorn ticks ten times a second
_OTHER_FILES = 200  # journals, Ray's sockets, the log
_log = structlog.get_logger(__name__)


class Server(uvicorn.Server):
    """uvicorn with signals left to us: it would raise them again before the engine has stopped."""

    on_stop: Callable[[], None] = staticmethod(lambda: None)

    async def on_tick(self, counter: int) -> bool:
        """A share of the connections is checked: all ten thousand at once would hold up everybody for 13 ms."""
        now_s = asyncio.get_running_loop().time()
        for connection in list(self.server_state.connections)[counter % _CHECK_TICKS :: _CHECK_TICKS]:
            if isinstance(connection, Connection):
                connection.check(now_s)
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        yield

    def stop(self) -> None:
        self.should_exit = True
        self.on_stop()  # what has no end by itself


def serve(config: Config, listener: socket.socket) -> None:
    """Serve on a listening socket until SIGTERM or SIGINT. Raises JournalDamaged, at the start or whenever it is found:
    no restart mends that."""
    claim(config)
    shards = settle_shards(config)
    check_journals(config, shards)
    node = RayNode(config, shards)
    try:
        uvloop.run(_serve(config, node, listener))
    finally:
        node.shutdown()


def _allow_connections(most: int) -> None:
    """Raise what this process may open to what the system lets it; the default is often 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    needed = most + SPARE_CONNECTIONS + _OTHER_FILES
    if hard != resource.RLIM_INFINITY and hard < needed:
        _log.warning("too few open files are allowed for `server.max_connections`", allowed=hard, needed=needed)


def _feeder(config: Config, node: RayNode, store: StoreLink) -> Feeder | None:
    """The monitor's, started; None when alerts are switched off."""
    if not config.alerts.enabled:
        return None
    monitor = node.start_monitor()
    feeder = Feeder(shards=node.shards, store=store, monitor=monitor, limits=config.engine, now_ms=system_now_ms)
    feeder.start()
    return feeder


async def _serve(config: Config, node: RayNode, listener: socket.socket) -> None:
    store = await node.start()
    disk = disk_of(config)
    client = Client(shards=node.shards, store=store, config=config, now_ms=system_now_ms, disk=disk)
    ticker = Ticker(client, tick_ms=config.engine.tick_ms)
    await ticker.start()
    feeder = _feeder(config, node, store)
    live = LiveSources(
        node.shards,
        timeout_ms=config.engine.call_timeout_ms,
        now_ms=system_now_ms,
        more=[MonitorSource(feeder)] if feeder is not None else [],
    )
    hub = Hub(live.sources, config.live)
    limits, metrics = config.server, Metrics()
    _allow_connections(limits.max_connections)
    server = Server(
        uvicorn.Config(
            create_app(config, client, system_now_ms, metrics, live=live, hub=hub, alerts=feeder),
            http=connections(Porter(limits, metrics)),
            ws="none",
            log_level="error",  # its warnings are what clients do wrong: counted, not a line each
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=limits.stop_timeout_ms // 1000 // _STOP_SHARE_REQUESTS,
            server_header=False,
            date_header=False,
            proxy_headers=False,  # anyone can write X-Forwarded-For
        )
    )
    server.on_stop = hub.stop
    host, port = listener.getsockname()[:2]
    _log.info("serving", url=f"http://{host}:{port}", shards=len(node.shards), data_dir=config.data_dir)
    guard = asyncio.create_task(Guard(client, node, ticker, stop=server.stop).run())
    calm_gc()
    await server.serve(sockets=[listener])
    _log.info("stopping")
    guard.cancel()
    if feeder is not None:
        await feeder.stop()
    await ticker.stop()
    await live.close()
    await client.close()
    if (damage := client.damage()) is not None:
        raise damage
    await node.stop(limits.stop_timeout_ms - limits.stop_timeout_ms // _STOP_SHARE_REQUESTS)
    _log.info("stopped")
