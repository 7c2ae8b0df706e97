"""The control page in a real browser, and OSCQuery with a real client."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import DESKTOP, PHONE, Browser, Tab, chromium
from parts import children, end, free_udp_port, require, running, wait_until
from test_play import PERFORMER, save_tiny_model
from websockets.sync.client import connect

from performer.panel.oscquery import message
from performer.parameters import INDEX, TABLE

pytestmark = pytest.mark.live

PATCH = """version = 1
name = "Still"
[start]
"walk.speed" = 0
[scenes.1]
name = "Open water"
values = { hue = 40 }
[xy]
scenes = ["1", "1", "1", "1"]
[models]
2 = "tiny.safetensors"
"""
CUES = "".join(f'[[cues]]\nname = "Cue of {i}"\nvalues = {{ hue = {i} }}\n' for i in range(1, 31))
AT = "document.querySelector('{}').getAttribute('aria-valuenow')"
FIND = """
const { OSCQueryDiscovery } = require("oscquery");
const discovery = new OSCQueryDiscovery();
discovery.on("up", (service) => {
  if (!service.hostInfo.name.includes("Still")) return;
  console.log(JSON.stringify({ host: service.hostInfo, nodes: service.flat() }));
  process.exit(0);
});
discovery.start();
setTimeout(() => process.exit(1), 15000);
"""


class Page:
    """A running instrument with a page, and where the page is."""

    def __init__(self, directory: Path, process: "subprocess.Popen[str]", osc: int) -> None:
        assert process.stdout is not None
        self.process, self.osc, self.patch = process, osc, directory / "still.toml"
        lines: list[str] = []
        while not lines or not lines[-1].startswith("Playing"):
            lines.append(process.stdout.readline())
            assert lines[-1], "it ended"
        self.url = next(line for line in lines if line.startswith("Page at")).split()[2]
        self.live = self.url.replace("http", "ws") + "-/live"
        self.port = int(self.url.rpartition(":")[2].strip("/"))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    directory = tmp_path_factory.mktemp("page")
    save_tiny_model(directory / "tiny.safetensors")
    (directory / "still.toml").write_text(PATCH + CUES)
    osc = free_udp_port()
    command = (*PERFORMER, "play", str(directory / "still.toml"), "--headless", "--midi", "none",
               "--model", str(directory / "tiny.safetensors"), "--osc", f"127.0.0.1:{osc}",
               "--page", "--port", "0")  # fmt: skip
    with running(*command) as process:
        yield Page(directory, process, osc)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


def opened(browser: Browser, page: Page, screen: tuple[int, int, float, bool] = DESKTOP) -> Tab:
    tab = browser.open(page.url, screen)
    tab.until("document.querySelectorAll('.control').length > 5")
    tab.until(f"{slider('psi')} === '0.8'")
    tab.until("document.querySelector('#picture').width === 32")
    return tab


def selector(name: str) -> str:
    label = name.replace("_", " ").replace(".", " ").capitalize()
    return f'[role=slider][aria-label="{label}"]'


def slider(name: str) -> str:
    return AT.format(selector(name))


def test_every_parameter_has_a_control_at_any_size(browser: Browser, page: Page) -> None:
    for screen in (DESKTOP, PHONE):
        tab = opened(browser, page, screen)
        labels = "[role=slider],[role=switch],[role=group],button.pad:not(.tap)"
        assert tab.js(f"document.querySelectorAll('{labels}').length") == len(
            [p for p in TABLE if not p.name.endswith("tap")]
        )
        assert tab.js("document.documentElement.scrollWidth <= innerWidth")
        bottom = "(b => b.bottom <= innerHeight && b.height >= 44)"
        for name in ("blackout", "freeze", "panic"):
            box = f"document.querySelector('.safety.{name}').getBoundingClientRect()"
            assert tab.js(f"{bottom}({box})"), name
        assert "Open water" in tab.js("document.querySelector('#play').textContent")
        assert tab.js("document.querySelector('#vitals').textContent.includes('fps')")
        named = "[...document.querySelectorAll('.models .pad')].filter(e => e.offsetParent)"
        assert tab.js(f"{named}.map(e => e.innerText.replace(/\\s+/g, ' ')).join()") == "2 tiny"
        assert tab.complaints == []
    small = """[...document.querySelectorAll('button:not(.switch)')].filter(e => {
        const box = e.getBoundingClientRect();
        return e.offsetParent && Math.min(box.width, box.height) < 44 }).map(e => e.innerText)"""
    assert tab.js(small) == [], "a finger is 44 px wide"


def test_a_finger_moves_a_slider_and_all_pages_follow(browser: Browser, page: Page) -> None:
    phone, desk = opened(browser, page, PHONE), opened(browser, page)
    x, y = phone.middle(selector("contrast"))
    phone.touch("touchStart", (x, y))
    for step in range(1, 11):
        phone.touch("touchMove", (x + 10 * step, y))
    phone.touch("touchEnd")
    moved = float(phone.js(slider("contrast")))
    assert moved > 1.5
    desk.until(f"Math.abs({slider('contrast')} - {moved}) < 0.001")
    time.sleep(0.5)  # longer than what comes back is held off
    assert float(phone.js(slider("contrast"))) == pytest.approx(moved, abs=0.001)
    for _ in range(2):
        phone.touch("touchStart", (x, y))
        phone.touch("touchEnd")
    desk.until(f"{slider('contrast')} === '1'")


def test_a_finger_that_scrolls_moves_nothing(browser: Browser, page: Page) -> None:
    phone = opened(browser, page, PHONE)
    x, y = phone.middle(selector("saturation"))
    before, top = phone.js(slider("saturation")), phone.js("scrollY")
    phone.call("Input.synthesizeScrollGesture", x=x, y=y, yDistance=-200, speed=1500)
    assert phone.js("scrollY") > top + 50
    assert phone.js(slider("saturation")) == before


def test_pads_and_safety_act_and_show(browser: Browser, page: Page) -> None:
    desk, phone = opened(browser, page), opened(browser, page, PHONE)
    desk.click(".family .pad")  # the first scene
    phone.until(f"{slider('hue')} === '40'")
    desk.click(".safety.blackout")
    pressed = "document.querySelector('.safety.blackout').getAttribute('aria-pressed')"
    phone.until(f"{pressed} === 'true'")
    phone.until("document.querySelector('#badge').textContent === 'Blackout'")
    phone.touch("touchStart", phone.middle(".safety.panic"))
    phone.touch("touchEnd")
    desk.until(f"{pressed} === 'false'")
    desk.until(f"{slider('hue')} === '0'")


def tap(phone: Tab, selector: str) -> None:
    phone.touch("touchStart", phone.middle(selector))
    phone.touch("touchEnd")


def test_the_cue_list_goes_where_it_is_tapped_and_stays_with_the_show(
    browser: Browser, page: Page
) -> None:
    phone, desk = opened(browser, page, PHONE), opened(browser, page)
    out = "document.querySelector('.cues .out .text')?.textContent"
    tap(phone, ".go-back .go")
    for tab in (phone, desk):
        tab.until(f"{out} === 'Cue of 1'")
        assert tab.js("document.querySelector('.cues .next .text').textContent") == "Cue of 2"
    phone.js("document.querySelectorAll('.cues button')[28].click()")
    desk.until(f"{out} === 'Cue of 29'")
    # The list of the other page, whose hand is elsewhere, goes along.
    in_view = """(() => {
        const list = document.querySelector('.cues').getBoundingClientRect();
        const item = document.querySelector('.cues .out').getBoundingClientRect();
        return list.height < 300 && item.top >= list.top && item.bottom <= list.bottom })()"""
    desk.until(in_view)
    desk.until(f"{slider('hue')} === '29'")
    desk.click(".go-back .pad")
    phone.until(f"{out} === 'Cue of 28'")
    page.patch.write_text(PATCH + CUES + '[[cues]]\nname = "Encore"\nscene = "1"\n')
    phone.until("document.querySelector('.cues li:last-child .text').textContent === 'Encore'")
    page.patch.write_text(PATCH)
    phone.until("document.querySelector('.cue-list').hidden")
    tap(phone, ".safety.panic")


def test_a_finger_on_the_xy_pad_is_where_the_look_is(browser: Browser, page: Page) -> None:
    phone, desk = opened(browser, page, PHONE), opened(browser, page)
    desk.until("document.querySelector('.xy-pad .corner').textContent === 'Open water'")
    x, y = phone.middle(".xy-pad")
    top = phone.js("scrollY")
    phone.touch("touchStart", (x, y))
    for step in range(1, 11):
        phone.touch("touchMove", (x + 8 * step, y - 8 * step))
    phone.touch("touchEnd")
    assert phone.js("scrollY") == top
    width, height = phone.js(
        "(b => [b.width, b.height])(document.querySelector('.xy-pad').getBoundingClientRect())"
    )
    for name, expected in (("xy.x", 0.5 + 80 / width), ("xy.y", 0.5 + 80 / height)):
        desk.until(f"Math.abs({slider(name)} - {expected}) < 0.01")
        assert float(phone.js(slider(name))) == pytest.approx(expected, abs=0.01)


def test_of_two_operators_the_last_or_the_first_in_the_patch_wins(page: Page) -> None:
    """A page and an OSC sender pull at one parameter."""
    hue, contrast = INDEX["hue"], INDEX["contrast"]
    with (
        connect(page.live, proxy=None) as operator,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        targets: dict[int, float] = {}

        def comes(i: int, value: float) -> None:
            while targets.get(i) != value:
                told = operator.recv(10)
                news = json.loads(told) if isinstance(told, str) else {}
                targets.update({row[0]: row[1] for row in news.get("values", ())})

        def touch(**values: float) -> None:
            operator.send(json.dumps({"set": values}))

        def send(value: float) -> None:
            other.sendto(message("/hue", value), ("127.0.0.1", page.osc))

        send(10.0)
        comes(hue, 10.0)
        touch(hue=20)
        comes(hue, 20.0)
        send(30.0)
        comes(hue, 30.0)
        order = '[priority]\norder = ["osc", "page"]\nhold_s = 2\n'
        page.patch.write_text(PATCH.replace('speed" = 0', 'speed" = 0\ncontrast = 2') + order)
        comes(contrast, 2.0)  # the patch is taken
        send(40.0)
        comes(hue, 40.0)
        held_s = time.monotonic()
        touch(hue=50, contrast=1.5)
        comes(contrast, 1.5)
        assert targets[hue] == 40.0 and time.monotonic() < held_s + 2.0
        time.sleep(held_s + 2.0 - time.monotonic())
        touch(hue=50)
        comes(hue, 50.0)
        send(60.0)  # the first need not wait for the second
        comes(hue, 60.0)
        page.patch.write_text(PATCH)
        comes(contrast, 1.0)
        operator.send('{"press": ["panic"]}')


def test_search_leaves_what_is_sought(browser: Browser, page: Page) -> None:
    desk = opened(browser, page)
    desk.js(
        "document.querySelector('#search').value = 'colour circle';"
        "document.querySelector('#search').dispatchEvent(new Event('input'))"
    )
    shown = "[...document.querySelectorAll('#groups [role=slider]')].filter(e => e.offsetParent)"
    assert desk.js(f"{shown}.map(e => e.ariaLabel).join()") == "Hue"


def test_the_page_comes_back_by_itself(browser: Browser, page: Page) -> None:
    desk = opened(browser, page)
    (own,) = children(page.process.pid, "page")
    os.kill(own, signal.SIGKILL)
    desk.until("document.body.classList.contains('lost')")
    desk.until("!document.body.classList.contains('lost')", 20.0)
    desk.click(".safety.freeze")
    desk.until("document.querySelector('.safety.freeze').getAttribute('aria-pressed') === 'true'")
    desk.click(".safety.freeze")


def test_a_real_client_finds_every_parameter(page: Page, tmp_path: Path) -> None:
    npm, node = require("npm", "npm"), require("node", "nodejs")
    subprocess.run([npm, "install", "--silent", "--no-fund", "--no-audit", "oscquery@1.1.1"],
                   cwd=tmp_path, check=True, capture_output=True)  # fmt: skip
    (tmp_path / "find.js").write_text(FIND)
    done = subprocess.run([node, "find.js"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["host"]["oscPort"] == page.osc and found["host"]["extensions"]["LISTEN"]
    nodes = {node["full_path"]: node for node in found["nodes"]}
    assert set(nodes) == {parameter.address for parameter in TABLE}
    for parameter in TABLE:
        if parameter.kind == "value":
            (argument,) = nodes[parameter.address]["arguments"]
            span = argument["range"]
            assert (span["min"], span["max"]) == (parameter.minimum, parameter.maximum)


def test_it_ends_with_the_instrument_however_that_ends(tmp_path: Path) -> None:
    save_tiny_model(tmp_path / "tiny.safetensors")
    (tmp_path / "still.toml").write_text(PATCH)
    command = (*PERFORMER, "play", str(tmp_path / "still.toml"), "--headless", "--midi", "none",
               "--model", str(tmp_path / "tiny.safetensors"), "--osc", "none",
               "--page", "--port", "0")  # fmt: skip
    for number in (signal.SIGINT, signal.SIGKILL):
        with running(*command) as process:
            other = Page(tmp_path, process, 0)
            tasks = Path(f"/proc/{process.pid}/task").glob("*/children")
            pids = {int(pid) for path in tasks for pid in path.read_text().split()}
            process.send_signal(number)
            wait_until(
                lambda pids=pids: not any(is_alive(pid) for pid in pids), 10.0, "its children"
            )
            end(process)
        assert other.port


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended may still be listed."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
