"""A real browser, driven over the Chrome DevTools Protocol."""

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from parts import end, require, wait_until
from websockets.sync.client import ClientConnection, connect

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--remote-debugging-port=0", "--no-first-run", "--disable-extensions",
         "--disable-background-networking", "--hide-scrollbars")  # fmt: skip
DESKTOP = (1440, 900, 1.0, False)
PHONE = (390, 844, 2.0, True)


class Tab:
    """One open page: what it says, and hands on it."""

    def __init__(self, socket: ClientConnection, session: str) -> None:
        self._socket, self._session, self._id = socket, session, 0
        self.complaints: list[str] = []

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """A command of the protocol; what is logged or thrown meanwhile is kept."""
        self._id += 1
        message = {"id": self._id, "method": method, "params": params, "sessionId": self._session}
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv(10))
            if answer.get("sessionId") != self._session:
                continue
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.complaints.append(json.dumps(answer["params"]))
            if answer.get("id") == self._id:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def js(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, expression: str, timeout_s: float = 10.0) -> None:
        """Wait for the page."""
        wait_until(lambda: self.js(expression), timeout_s, expression)

    def middle(self, selector: str) -> tuple[float, float]:
        """The middle of an element, scrolled into view."""
        x, y = self.js(
            f"(() => {{ const e = document.querySelector({selector!r});"
            "e.scrollIntoView({block: 'center', behavior: 'instant'});"
            "const b = e.getBoundingClientRect();"
            "return [b.x + b.width / 2, b.y + b.height / 2] })()"
        )
        return x, y

    def mouse(self, kind: str, x: float, y: float) -> None:
        """mousePressed, mouseMoved or mouseReleased."""
        self.call(
            "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1
        )

    def click(self, selector: str) -> None:
        """Press and release the mouse on an element."""
        x, y = self.middle(selector)
        self.mouse("mousePressed", x, y)
        self.mouse("mouseReleased", x, y)

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        """touchStart, touchMove or touchEnd with fingers at points."""
        fingers = [{"x": x, "y": y} for x, y in points]
        self.call("Input.dispatchTouchEvent", type=kind, touchPoints=fingers)

    def screenshot(self, path: Path) -> None:
        """What is seen, as PNG."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))


class Browser:
    """A running Chromium."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._sockets = ExitStack()

    def open(self, url: str, screen: tuple[int, int, float, bool] = DESKTOP) -> Tab:
        """A new page in a profile of its own, on a screen (width, height, scale, mobile)."""
        socket = self._sockets.enter_context(connect(self._address, max_size=1 << 26, proxy=None))
        context = _ask(socket, "Target.createBrowserContext")["browserContextId"]
        target = _ask(socket, "Target.createTarget", url="about:blank", browserContextId=context)
        told = _ask(socket, "Target.attachToTarget", targetId=target["targetId"], flatten=True)
        tab = Tab(socket, told["sessionId"])
        width, height, scale, mobile = screen
        tab.call("Runtime.enable")
        tab.call("Log.enable")
        tab.call("Page.enable")
        tab.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=scale, mobile=mobile)  # fmt: skip
        if mobile:
            tab.call("Emulation.setTouchEmulationEnabled", enabled=True)
        tab.call("Page.navigate", url=url)
        return tab

    def close(self) -> None:
        self._sockets.close()


def _ask(socket: ClientConnection, method: str, **params: object) -> dict[str, Any]:
    socket.send(json.dumps({"id": 10_000_000, "method": method, "params": params}))
    while True:
        answer = json.loads(socket.recv(10))
        if answer.get("id") == 10_000_000:
            result: dict[str, Any] = answer["result"]
            return result


@contextmanager
def chromium(directory: Path) -> Iterator[Browser]:
    """Debian's Chromium with a profile of its own."""
    program = require("chromium", "chromium")
    process = subprocess.Popen(
        [program, *FLAGS, f"--user-data-dir={directory / 'profile'}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    told = directory / "profile" / "DevToolsActivePort"
    try:
        wait_until(lambda: told.is_file() and "\n" in told.read_text(), 30.0, "Chromium")
        port, path = told.read_text().split("\n")[:2]
        browser = Browser(f"ws://127.0.0.1:{port}{path}")
        yield browser
        browser.close()
    finally:
        end(process)
