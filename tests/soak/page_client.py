"""A page that is always open: it drags, listens and looks, and comes back when it was cut off."""

import json
import math
import threading
import time
import urllib.request
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

DRAG_EVERY_S = 0.1


class PageClient:
    """Drags `direction.2` ten times a second; `status` is the last one that it was told."""

    def __init__(self, port: int) -> None:
        self.port, self.status, self.pictures, self.lives = port, {}, 0, 0
        self.told_s = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def leave(self) -> None:
        self._over.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                with connect(f"ws://127.0.0.1:{self.port}/-/live", open_timeout=5) as socket:
                    self.lives += 1
                    self._live(socket)
            except (OSError, WebSocketException, TimeoutError):
                self._over.wait(0.2)

    def _live(self, socket: Any) -> None:
        due_s = 0.0
        while not self._over.is_set():
            now_s = time.monotonic()
            if now_s >= due_s:
                due_s = now_s + DRAG_EVERY_S
                socket.send(json.dumps({"set": {"direction.2": 2.0 * math.sin(now_s)}}))
            try:
                message = socket.recv(timeout=DRAG_EVERY_S)
            except TimeoutError:
                continue
            if isinstance(message, bytes):
                self.pictures += 1
                continue
            told = json.loads(message)
            if "status" in told:
                self.status, self.told_s = told["status"], now_s


def value(port: int, address: str) -> float | None:
    """What OSCQuery says of a parameter; None where nobody answers."""
    try:
        with urllib.request.urlopen(  # noqa: S310 - it is ours
            f"http://127.0.0.1:{port}{address}?VALUE", timeout=2.0
        ) as answer:
            return float(json.load(answer)["VALUE"][0])
    except (OSError, ValueError, KeyError):
        return None
