"""One node: the engine's processes, the HTTP server in front of them, and their orderly end."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import structlog
import uvicorn
import uvloop

from actors.client import Client
from actors.collecting import calm_gc
from actors.remote import RayNode
from actors.ticker import Ticker
from actors.wiring import claim, disk_of, settle_shards, system_now_ms
from engine.config import Config
from gateway.app import create_app
from gateway.guard import Guard

_STOP_SHARE_REQUESTS = 4  # of the time for stopping, a quarter goes to requests that are under way
_log = structlog.get_logger(__name__)


class Server(uvicorn.Server):
    """uvicorn with signals left to us: it would raise them again before the engine has stopped."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self.should_exit = True


def serve(config: Config, listener: socket.socket) -> None:
    """Serve on a listening socket until SIGTERM or SIGINT."""
    claim(config)
    shards = settle_shards(config)
    node = RayNode(config, shards)
    try:
        uvloop.run(_serve(config, node, listener))
    finally:
        node.shutdown()


async def _serve(config: Config, node: RayNode, listener: socket.socket) -> None:
    store = await node.start()
    disk = disk_of(config)
    client = Client(shards=node.shards, store=store, config=config, now_ms=system_now_ms, disk=disk)
    ticker = Ticker(client, tick_ms=config.engine.tick_ms)
    await ticker.start()
    limits = config.server
    server = Server(
        uvicorn.Config(
            create_app(config, client, system_now_ms),
            log_level="warning",
            access_log=False,
            lifespan="off",
            limit_concurrency=limits.max_connections,
            timeout_graceful_shutdown=limits.stop_timeout_ms // 1000 // _STOP_SHARE_REQUESTS,
            server_header=False,
            date_header=False,
            proxy_headers=False,  # anyone can write X-Forwarded-For
        )
    )
    host, port = listener.getsockname()[:2]
    _log.info("serving", url=f"http://{host}:{port}", shards=len(node.shards), data_dir=config.data_dir)
    guard = asyncio.create_task(Guard(client, node).run())
    calm_gc()
    await server.serve(sockets=[listener])
    _log.info("stopping")
    guard.cancel()
    await ticker.stop()
    await client.close()
    await node.stop(limits.stop_timeout_ms - limits.stop_timeout_ms // _STOP_SHARE_REQUESTS)
    _log.info("stopped")
