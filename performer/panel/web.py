"""What the panel answers: the page and its socket, OSCQuery and its socket."""

import asyncio
import contextlib
import io
from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

import msgspec
import segno
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from performer.panel.commands import CommandError, decode
from performer.panel.guard import POLICY_VIOLATION, Allowance, App, Guard, Scope
from performer.panel.hub import MOST_LISTENERS, MOST_PAGES, Hub
from performer.panel.listeners import Listener, Page
from performer.panel.oscquery import BadQuery, NoPath, Tree, host_info
from performer.panel.settings import Settings
from performer.panel.table import rows

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
OWN = "/-/"  # no parameter's address begins so
COMMANDS_PER_S, COMMANDS_AT_ONCE = 60.0, 120
UNSUPPORTED, TRY_LATER = 1003, 1013


def make_app(hub: Hub, settings: Settings) -> App:
    """The whole, behind its guard."""
    web = Web(hub, settings)
    app = Starlette(
        routes=[
            WebSocketRoute(f"{OWN}live", web.live),
            WebSocketRoute("/", web.listen),
            Route(f"{OWN}qr.svg", web.qr),
            Route(f"{OWN}{{name}}", web.file),
            Route("/{path:path}", web.tree),
        ]
    )
    return Guard(app, settings.token, is_reading)


def is_reading(scope: Scope) -> bool:
    """Whether a request reads by OSCQuery, which moves nothing and knows no tokens."""
    if scope["type"] == "websocket":
        return bool(scope["path"] == "/")
    accept = dict(scope["headers"]).get(b"accept", b"")
    wants_page = b"text/html" in accept and not scope["query_string"]
    return not wants_page and not scope["path"].startswith(OWN)


class Web:
    """The answers."""

    def __init__(self, hub: Hub, settings: Settings) -> None:
        self._hub, self._settings = hub, settings
        static = files("performer.panel") / "static"
        self._files = {each.name: each.read_bytes() for each in static.iterdir()}

    async def file(self, request: Request) -> Response:
        """A file of the page."""
        name = request.path_params["name"]
        if name not in self._files:
            return Response(status_code=404)
        return Response(self._files[name], media_type=TYPES[PurePosixPath(name).suffix])

    async def qr(self, _: Request) -> Response:
        """This page's address, for a camera."""
        file = io.BytesIO()
        segno.make(self._settings.url_now, micro=False).save(file, "svg", border=3, light="#fff")
        return Response(file.getvalue(), media_type=TYPES[".svg"])

    async def tree(self, request: Request) -> Response:
        """OSCQuery; or the page, for a browser that opens the address."""
        # As the server gave them: an address of `request.url` is made with the sender's Host.
        asked, path = request.scope["query_string"].decode("latin-1"), request.scope["path"]
        if path == "/" and not asked and "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(self._files["index.html"])
        if asked == "HOST_INFO":
            return JSONResponse(host_info(self._settings))
        tree, values = Tree(self._settings.osc is not None, self._hub.titles), self._hub.targets
        try:
            found = tree.attribute(path, asked, values) if asked else tree.node(path, values)
        except NoPath:
            return Response(status_code=404)
        except BadQuery:
            return Response(status_code=400)
        return Response(status_code=204) if found is None else JSONResponse(found)

    async def live(self, socket: WebSocket) -> None:
        """A page's socket: news out, commands in."""
        if len(self._hub.pages) >= MOST_PAGES:
            await socket.close(TRY_LATER)
            return
        await socket.accept()
        await socket.send_text(msgspec.json.encode(self._greeting()).decode())
        page, allowance = Page(), Allowance(COMMANDS_PER_S, COMMANDS_AT_ONCE)

        def hear(message: str | None) -> bool:
            if message is None or not allowance.take():
                return False
            self._hub.command(decode(message))
            return True

        self._hub.welcome(page)
        try:
            await _converse(socket, page.send_to, hear)
        finally:
            self._hub.pages.discard(page)

    async def listen(self, socket: WebSocket) -> None:
        """An OSCQuery socket: LISTEN and IGNORE in, values out. It moves nothing."""
        if len(self._hub.listeners) >= MOST_LISTENERS:
            await socket.close(TRY_LATER)
            return
        await socket.accept()
        listener, allowance = Listener(), Allowance(200.0, 1000)

        def hear(message: str | None) -> bool:
            if not allowance.take():
                return False
            if message is not None:  # binary is OSC, which is heard elsewhere
                self._obey(listener, message)
            return True

        self._hub.listeners.add(listener)
        try:
            await _converse(socket, listener.send_to, hear)
        finally:
            self._hub.listeners.discard(listener)

    def _obey(self, listener: Listener, message: str) -> None:
        try:
            told = msgspec.json.decode(message, type=dict[str, Any])
        except (msgspec.MsgspecError, RecursionError):
            return
        i = listener.obey(told.get("COMMAND"), told.get("DATA"))
        if i is not None:
            listener.tell_value(i, self._hub.targets[i])

    def _greeting(self) -> dict[str, Any]:
        return {
            "title": self._settings.title,
            "url": self._settings.url_now if self._settings.token else None,
            "table": rows(),
        }


async def _converse(
    socket: WebSocket,
    send_to: Callable[[WebSocket], Awaitable[None]],
    hear: Callable[[str | None], bool],
) -> None:
    """Send and hear until it ends; who breaks the rules is sent away."""
    sending = asyncio.ensure_future(send_to(socket))
    try:
        while True:
            event = await socket.receive()
            if event["type"] == "websocket.disconnect":
                return
            if not hear(event.get("text")):
                await socket.close(POLICY_VIOLATION)
                return
    except CommandError:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(UNSUPPORTED)
    except WebSocketDisconnect:
        return
    finally:
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await sending
