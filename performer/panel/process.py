"""The page's process: it serves until the instrument's end of the pipe closes."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from performer.attended import ENDING_S
from performer.panel.settings import Settings
from performer.postman import Postman

MAX_WAITING = 256
NICENESS = 5


def serve(pipe: Connection, listener: socket.socket, settings: Settings) -> None:
    """Run the page; `listener` is a bound socket."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)  # where the processor is short, the picture comes first
    asyncio.run(_serve(pipe, listener, settings))


async def _serve(pipe: Connection, listener: socket.socket, settings: Settings) -> None:
    import uvicorn

    from performer.panel.board import Reader
    from performer.panel.commands import MAX_BYTES
    from performer.panel.discovery import announced
    from performer.panel.hub import Hub
    from performer.panel.web import make_app

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # The instrument decides when the page ends.

    hub = Hub(Reader(settings.board), settings, Postman("page", pipe.send_bytes, MAX_WAITING).post)
    config = uvicorn.Config(
        make_app(hub, settings),
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=MAX_BYTES,
        ws_per_message_deflate=False,
        limit_concurrency=100,
        h11_max_incomplete_event_size=16_384,
        timeout_graceful_shutdown=1,
    )
    server = Server(config)

    def end() -> None:
        server.should_exit = True

    threading.Thread(target=_end_with_the_instrument, args=(pipe, end), daemon=True).start()
    async with announced(settings, listener.getsockname()[1]):
        watching = asyncio.create_task(hub.watch())
        await server.serve(sockets=[listener])
        watching.cancel()


def _end_with_the_instrument(pipe: Connection, end: Callable[[], None]) -> None:
    """It says one word when we are to end, or nothing at all and the pipe closes.

    Ending in order tells the network, and is not waited for long.
    """
    try:
        pipe.recv_bytes(1)
    except (EOFError, OSError):
        pass
    end()
    time.sleep(ENDING_S)
    os._exit(0)
