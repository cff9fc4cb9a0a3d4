"""A server that takes an upload and does nothing with it: what no service can be quicker than.

    python -m bench.nothing

The same libraries and loop as ``sohoa serve``, one route, no token, no disk. Says where it serves
as ``sohoa serve --json`` does, and ends with SIGTERM.
"""

from __future__ import annotations

import json
import socket

import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.post("/v1/dossiers/{dossier}/papers", status_code=202)
async def take(dossier: str, request: Request) -> Response:  # noqa: ARG001 - as the real one has it
    """Take all of a body and say so."""
    size = 0
    async for piece in request.stream():
        size += len(piece)
    return Response(json.dumps({"size": size}), 202, media_type="application/json")


def main() -> None:
    """Serve on any free port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        print(json.dumps({"serving": f"http://127.0.0.1:{port}"}), flush=True)
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", log_config=None, access_log=False, lifespan="off"
        )
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
