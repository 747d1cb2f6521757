"""The yardstick for one event a request: a bare Starlette route that reads the body and answers a small JSON.

Served as the gateway is: one process, uvloop, httptools, no access log, the same uvicorn options.
"""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks.wrk import PATH


async def take(request: Request) -> JSONResponse:
    await request.body()
    return JSONResponse({"message": "Event received successfully", "accepted": 1, "duplicates": 0, "rejected": []})


async def ready(_: Request) -> JSONResponse:
    return JSONResponse({})


def serve(port: int) -> None:
    uvicorn.run(
        Starlette(routes=[Route(PATH, take, methods=["POST"]), Route("/", ready)]),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        lifespan="off",
        limit_concurrency=10_000,
        server_header=False,
        date_header=False,
    )


if __name__ == "__main__":
    serve(int(sys.argv[1]))
