"""The hub: reads the board, and keeps all pages and OSCQuery listeners in step with it."""

import asyncio
import io
import time
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from PIL import Image

from performer.panel.board import Reader, Values
from performer.panel.commands import Command, encode
from performer.panel.listeners import Listener, Page
from performer.panel.machine import PERIOD_S, Health, health
from performer.panel.settings import Settings
from performer.parameters import BY_NAME, TABLE
from performer.slew import MAXIMA, MINIMA

TICK_S = 1 / 30
TELL_S = 1.0  # where the instrument is silent
PICTURE_PX = (640, 360)
QUALITY = 70
VISIBLE = (MAXIMA - MINIMA) / 1000.0  # of a moving value; a target is told exactly
MOST_PAGES, MOST_LISTENERS = 24, 24


class Hub:
    """All state of the page's process; everything runs in its one event loop."""

    def __init__(self, reader: Reader, settings: Settings, send: Callable[[bytes], bool]) -> None:
        self._reader, self._settings, self._send = reader, settings, send
        self.values: Values = np.full((2, len(TABLE)), np.nan)
        self.status: dict[str, Any] = {}
        self.outline: dict[str, Any] = {}
        self.pages: set[Page] = set()
        self.listeners: set[Listener] = set()
        self._health: Health = {}
        self._seen_s = time.monotonic()
        self._tell_s = self._health_s = 0.0

    @property
    def targets(self) -> list[float]:
        """Where each parameter is going, by the table until the instrument has told."""
        told = self.values[1].tolist()
        return [p.default if v != v else v for p, v in zip(TABLE, told, strict=True)]

    @property
    def titles(self) -> dict[str, str]:
        """The patch's own names for parameters."""
        titles: dict[str, str] = self.outline.get("titles", {})
        return titles

    def command(self, command: Command) -> bool:
        """Hand a command to the instrument; whether it takes it."""
        return self._send(encode(command))

    def welcome(self, page: Page) -> None:
        """Let a page know everything."""
        self.pages.add(page)
        page.tell_values({i: self._row(i) for i in range(len(TABLE)) if self._is_known(i)})
        page.tell_outline(self._outline())
        page.tell_status(self._report())

    async def watch(self) -> None:
        """Read the board for ever."""
        while True:
            self.tick(time.monotonic())
            if time.monotonic() >= self._health_s:
                self._health_s = time.monotonic() + PERIOD_S
                self._health = await asyncio.to_thread(health, self._settings.pid)
            await asyncio.sleep(TICK_S)

    def tick(self, now_s: float) -> None:
        """Tell what is new."""
        values = self._reader.values()
        if values is not None:
            self._seen_s = now_s
            self._take_values(values)
        status = self._reader.status()
        if status is not None:
            self._take_status(status)
            self._tell_s = now_s
        if self.pages:
            self._show(now_s)

    def _take_values(self, values: Values) -> None:
        # Not a number differs from all, so the first values are new.
        moved = ~(np.abs(values[0] - self.values[0]) < VISIBLE)
        aimed = values[1] != self.values[1]
        self.values[0, moved | aimed] = values[0, moved | aimed]
        self.values[1] = values[1]
        changed = {int(i): self._row(int(i)) for i in np.flatnonzero(moved | aimed)}
        if changed:
            for page in self.pages:
                page.tell_values(changed)
        for i in np.flatnonzero(aimed):
            for listener in self.listeners:
                listener.tell_value(int(i), float(values[1, i]))

    def _take_status(self, text: bytes) -> None:
        try:
            status: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.DecodeError:
            return
        outline = status.pop("outline", {})
        before, self.status = self.status, status
        if before.get("patch") not in (None, status.get("patch")):
            self._tell_path("/")
        if outline != self.outline:
            self._take_outline(outline, is_first=not before)

    def _take_outline(self, outline: dict[str, Any], *, is_first: bool) -> None:
        was, self.outline = self.titles, outline
        for page in self.pages:
            page.tell_outline(self._outline())
        titles = self.titles
        for name in was.keys() ^ titles.keys() | {n for n in titles if titles[n] != was.get(n)}:
            if name in BY_NAME and not is_first:
                self._tell_path(BY_NAME[name].address)

    def _tell_path(self, path: str) -> None:
        for listener in self.listeners:
            listener.tell_path(path)

    def _show(self, now_s: float) -> None:
        picture = self._reader.picture()
        if picture is not None:
            jpeg = as_jpeg(*picture)
            for page in self.pages:
                page.tell_picture(jpeg)
        if now_s >= self._tell_s:
            self._tell_s = now_s + TELL_S
            report = self._report()
            for page in self.pages:
                page.tell_status(report)

    def _outline(self) -> bytes:
        """What the patch holds, which seldom changes."""
        return msgspec.json.encode({"outline": self.outline})

    def _report(self) -> bytes:
        """The instrument's status, the machine's, and how long the instrument has been silent."""
        silent_s = round(time.monotonic() - self._seen_s, 1)
        report = {"status": self.status, "machine": self._health, "silent_s": silent_s}
        return msgspec.json.encode(report)

    def _is_known(self, i: int) -> bool:
        return bool(np.isfinite(self.values[:, i]).all())

    def _row(self, i: int) -> tuple[float, float]:
        """Target and value of a parameter, with the digits that can be seen."""
        target, value = self.values[1, i], self.values[0, i]
        return round(float(target), 6), round(float(value), 4)


def as_jpeg(rows: Any, height_px: int) -> bytes:
    """Rows uint8 (H, W, 3) of a picture `height_px` high, small."""
    image = Image.fromarray(rows)
    share = min(PICTURE_PX[0] / image.width, PICTURE_PX[1] / height_px, 1.0)
    size = max(round(image.width * share), 1), max(round(height_px * share), 1)
    if size != image.size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
