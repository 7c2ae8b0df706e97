"""The panel with its real process: in step, safe, and no matter to the show when it dies."""

import http.client
import json
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from performer.clock import SystemClock
from performer.engine import Engine
from performer.events import Inbox, PageEvent
from performer.inputs.osc_packet import decode
from performer.outputs.memory import MemoryDisplay
from performer.panel import PanelError
from performer.panel.guard import new_token
from performer.panel.opening import as_text, open_panel
from performer.parameters import INDEX, TABLE
from performer.stage import Labels, Stage

LABELS = Labels("CPU", "tiny", "still", lambda: ("nano",), "127.0.0.1:9000")
DEADLINE_S = 20.0


class Show:
    """A stage with a page, played a frame at a time."""

    def __init__(self, engine: Engine, lan: bool) -> None:
        self.inbox, self.clock = Inbox(), SystemClock()
        self.panel = open_panel(
            self.inbox,
            self.clock,
            title="Still",
            osc=("127.0.0.1", 9000),
            port=0,
            token=new_token() if lan else None,
        )
        display = MemoryDisplay(self.clock)
        self.stage = Stage(engine, display, self.inbox, self.clock, LABELS, onlookers=[self.panel])
        self.engine = engine
        self.port = self.panel._listener.getsockname()[1]

    def play_until(self, is_done: Callable[[], object], what: str) -> None:
        deadline_s = time.monotonic() + DEADLINE_S
        while not is_done():
            assert time.monotonic() < deadline_s, what
            self.stage.play(seconds=0.02)

    def target(self, name: str) -> float:
        return self.engine.controls.target(name)

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def page(self, path: str = "/-/live", **headers: str) -> ClientConnection:
        return connect(f"ws://127.0.0.1:{self.port}{path}", additional_headers=headers, proxy=None)


@pytest.fixture(scope="module")
def shows() -> Iterator[list[Show]]:
    """The shows of this file, which take a second to open: kept by whether they are on the LAN."""
    shows: list[Show] = []
    yield shows
    for show in shows:
        show.panel.close()


@pytest.fixture
def show(shows: list[Show], make_engine: Callable[..., Engine]) -> Show:
    if not shows:
        shows.append(Show(make_engine(), lan=False))
    return shows[0]


def news(page: ClientConnection, show: Show, key: str) -> dict[str, object]:
    """The next message that has a key, while the show goes on."""
    found: list[dict[str, object]] = []

    def came() -> bool:
        try:
            message = page.recv(timeout=0)
        except TimeoutError:
            return False
        if isinstance(message, str) and key in (told := json.loads(message)):
            found.append(told)
        return bool(found)

    show.play_until(came, key)
    return found[0]


def test_a_page_is_greeted_shown_and_obeyed(show: Show) -> None:
    with show.page() as page:
        greeting = news(page, show, "table")
        assert [row["name"] for row in greeting["table"]] == [p.name for p in TABLE]  # type: ignore[attr-defined]
        assert greeting["url"] is None
        values = news(page, show, "values")["values"]
        assert values[INDEX["psi"]][:2] == [INDEX["psi"], 0.8]  # type: ignore[index]
        report = news(page, show, "status")
        show.play_until(lambda: news(page, show, "status")["status"], "a status")
        assert report.keys() == {"status", "machine", "silent_s"}
        pictures: list[bytes] = []

        def picture_came() -> bool:
            message = page.recv()
            if isinstance(message, bytes):
                pictures.append(message)
            show.stage.play(seconds=0.02)
            return bool(pictures)

        show.play_until(picture_came, "a picture")
        assert pictures[0].startswith(b"\xff\xd8")
        page.send('{"set": {"hue": 90, "zoom": 99}, "press": ["blackout"]}')
        show.play_until(lambda: show.target("hue") == 90.0, "a command")
        assert show.target("zoom") == 4.0 and show.target("blackout") == 1.0
        page.send('{"press": ["panic"]}')
        show.play_until(lambda: show.target("hue") == 0.0, "panic")


def test_all_pages_are_in_step(show: Show) -> None:
    with show.page() as one, show.page() as two:
        news(one, show, "values")
        news(two, show, "values")
        one.send('{"set": {"contrast": 2}}')
        rows: list[list[float]] = []
        while not any(row[:2] == [INDEX["contrast"], 2.0] for row in rows):
            rows = news(two, show, "values")["values"]  # type: ignore[assignment]
    assert show.engine.controls.received["page"] >= 1


@pytest.mark.parametrize(
    "message, code",
    [
        ("x" * 5000, 1009),
        ('{"set": {"nowhere": 1}}', 1003),
        ("not json", 1003),
        (b"\x00\x01", 1008),
    ],
)
def test_who_sends_nonsense_is_sent_away(show: Show, message: str | bytes, code: int) -> None:
    with show.page() as page:
        page.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                page.recv(timeout=DEADLINE_S)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == code


def test_who_sends_too_much_is_sent_away(show: Show) -> None:
    with show.page() as page:
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(400):
                page.send('{"set": {"hue": 1}}')
            while True:
                page.recv(timeout=DEADLINE_S)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008


def test_other_sites_are_refused(show: Show) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        with pytest.raises(InvalidStatus), show.page(**headers):
            pass
        assert show.get("/", **headers)[0] == 403
    assert show.get("/-/../guard.py")[0] == 404 and show.get("/-/panel.py")[0] == 404


def test_a_browser_gets_the_page_and_a_program_the_tree(show: Show) -> None:
    status, page = show.get("/", Accept="text/html,*/*")
    assert status == 200 and page.startswith(b"<!doctype html>")
    for name in ("app.js", "style.css", "icon.svg", "qr.svg"):
        assert show.get(f"/-/{name}")[0] == 200
    status, tree = show.get("/")
    assert status == 200 and "psi" in json.loads(tree)["CONTENTS"]
    assert json.loads(show.get("/?HOST_INFO")[1])["OSC_PORT"] == 9000
    codes = [show.get(path)[0] for path in ("/psi?VALUE", "/panic?VALUE", "/psi?PRICE", "/nowhere")]
    assert codes == [200, 204, 400, 404]


def test_a_listener_hears_values_as_osc(show: Show) -> None:
    with show.page("/") as listener:
        listener.send("nonsense")
        listener.send('{"COMMAND": "LISTEN", "DATA": "/trails"}')
        first = decode(listener.recv(timeout=DEADLINE_S))  # type: ignore[arg-type]
        assert first[0].address == "/trails"
        show.inbox.put(PageEvent(0.0, "trails", 3.0))
        show.inbox.put(PageEvent(0.0, "hue", 3.0))
        show.play_until(lambda: show.target("trails") == 3.0, "a value")
        (told,) = decode(listener.recv(timeout=DEADLINE_S))  # type: ignore[arg-type]
        assert (told.address, told.args) == ("/trails", (3.0,))
        listener.send('{"COMMAND": "IGNORE", "DATA": "/trails"}')
        listener.send('{"COMMAND": "LISTEN", "DATA": "/freeze"}')
        assert decode(listener.recv(timeout=DEADLINE_S))[0].address == "/freeze"  # type: ignore[arg-type]
        show.inbox.put(PageEvent(0.0, "trails", 1.0))
        show.inbox.put(PageEvent(0.0, "freeze", 1.0))
        show.play_until(lambda: show.target("freeze") == 1.0, "a value")
        (told,) = decode(listener.recv(timeout=DEADLINE_S))  # type: ignore[arg-type]
        assert (told.address, told.args) == ("/freeze", (True,))
        show.inbox.put(PageEvent(0.0, "freeze", 0.0))


def test_the_page_dies_and_the_show_goes_on_and_the_page_comes_back(
    show: Show, caplog: pytest.LogCaptureFixture
) -> None:
    process, before = show.panel.process, show.panel.started
    assert process is not None and process.pid is not None
    frames = show.stage.meter.frames
    with caplog.at_level(logging.WARNING):
        os.kill(process.pid, signal.SIGKILL)
        show.play_until(lambda: show.panel.started > before, "another life")
    assert "starts again" in caplog.text
    assert show.stage.meter.frames > frames and show.engine.errors == 0
    with show.page() as page:  # waits in the listener that both lives share
        assert news(page, show, "table")


def test_on_the_network_only_the_token_opens(make_engine: Callable[..., Engine]) -> None:
    show = Show(make_engine(), lan=True)
    try:
        path = "/" + show.panel.url.rpartition("/")[2]
        assert show.get("/", Accept="text/html")[0] == 403
        assert show.get("/-/qr.svg")[0] == 403
        with pytest.raises(InvalidStatus), show.page():
            pass
        connection = http.client.HTTPConnection("127.0.0.1", show.port, timeout=DEADLINE_S)
        connection.request("GET", path)
        answer = connection.getresponse()
        cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
        connection.close()
        assert answer.status == 303
        assert show.get("/", Accept="text/html", Cookie=cookie)[0] == 200
        with show.page(Cookie=cookie) as page:
            assert news(page, show, "table")["url"] == show.panel.url
        assert show.get("/psi?VALUE")[0] == 200  # OSCQuery reads
        assert len(as_text(show.panel.url).splitlines()) > 10
    finally:
        show.panel.close()
    assert show.panel.process is not None and not show.panel.process.is_alive()


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PanelError, match=f"port {port} is in use by another program"):
            open_panel(Inbox(), SystemClock(), title="x", osc=None, port=port)


def test_a_patient_page_waits_for_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        panel = open_panel(Inbox(), SystemClock(), title="x", osc=None, port=port, patient=True)
    deadline_s = time.monotonic() + DEADLINE_S
    try:
        while panel.process is None:
            assert time.monotonic() < deadline_s
            time.sleep(0.02)
    finally:
        panel.close()
    assert panel.url == f"http://127.0.0.1:{port}/"


def test_looking_takes_no_time(make_engine: Callable[..., Engine]) -> None:
    """Nothing but memory is touched: a page that hangs is no matter."""
    show = Show(make_engine(), lan=False)
    try:
        process = show.panel.process
        show.play_until(lambda: show.panel.process is not None, "a process")
        process = show.panel.process
        assert process is not None and process.pid is not None
        os.kill(process.pid, signal.SIGSTOP)
        show.stage.play(frames=60)
        image = np.zeros((1080, 1920, 3), np.uint8)
        for i in range(60):
            values = show.engine.values
            show.panel.look(1e9 + i, image, values, values, show.stage.status)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        show.panel.close()
