"""Who listens at the panel: a slow one gets the newest and misses what lay between."""

import asyncio
from collections.abc import Mapping

import msgspec
from starlette.websockets import WebSocket

from performer.panel.oscquery import index_of, message
from performer.parameters import TABLE


class Page:
    """An open page: what it has not been sent yet."""

    def __init__(self) -> None:
        self._values: dict[int, tuple[float, float]] = {}
        self._outline: bytes | None = None
        self._status: bytes | None = None
        self._picture: bytes | None = None
        self._news = asyncio.Event()

    def tell_values(self, changed: Mapping[int, tuple[float, float]]) -> None:
        """Target and value of parameters, by their row in the table."""
        self._values.update(changed)
        self._news.set()

    def tell_outline(self, outline: bytes) -> None:
        """Some JSON, of the patch."""
        self._outline = outline
        self._news.set()

    def tell_status(self, report: bytes) -> None:
        """Some JSON, of the show."""
        self._status = report
        self._news.set()

    def tell_picture(self, jpeg: bytes) -> None:
        """A JPEG."""
        self._picture = jpeg
        self._news.set()

    async def send_to(self, socket: WebSocket) -> None:
        """Send for ever; it waits where the network does."""
        while True:
            await self._news.wait()
            self._news.clear()
            values, self._values = self._values, {}
            outline, self._outline = self._outline, None
            status, self._status = self._status, None
            picture, self._picture = self._picture, None
            if values:
                rows = [(i, *row) for i, row in values.items()]
                await socket.send_text(msgspec.json.encode({"values": rows}).decode())
            if outline is not None:
                await socket.send_text(outline.decode())
            if status is not None:
                await socket.send_text(status.decode())
            if picture is not None:
                await socket.send_bytes(picture)


class Listener:
    """A program that reads by OSCQuery: what it listens to, and what it has not been sent yet."""

    def __init__(self) -> None:
        self._heard: set[int] = set()
        self._values: dict[int, float] = {}
        self._paths: dict[str, None] = {}
        self._news = asyncio.Event()

    def obey(self, command: object, address: object) -> int | None:
        """Take a LISTEN or IGNORE; the row that is now listened to, None for all else."""
        i = index_of(address)
        if i is None:
            return None
        if command == "LISTEN":
            self._heard.add(i)
            return i
        if command == "IGNORE":
            self._heard.discard(i)
        return None

    def tell_value(self, i: int, value: float) -> None:
        """The value of a parameter, by its row; sent if it is listened to."""
        if i in self._heard:
            self._values[i] = value
            self._news.set()

    def tell_path(self, path: str) -> None:
        """A node has changed otherwise than by its value."""
        self._paths[path] = None
        self._news.set()

    async def send_to(self, socket: WebSocket) -> None:
        """Send for ever; it waits where the network does."""
        while True:
            await self._news.wait()
            self._news.clear()
            values, self._values = self._values, {}
            paths, self._paths = self._paths, {}
            for path in paths:
                news = {"COMMAND": "PATH_CHANGED", "DATA": path}
                await socket.send_text(msgspec.json.encode(news).decode())
            for i, value in values.items():
                await socket.send_bytes(message(TABLE[i].address, value))
