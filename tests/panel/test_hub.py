"""The hub: what changes of a patch is told, and a slow page gets the newest."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from performer.outline import Outline
from performer.outputs.overlay import BLANK
from performer.panel.board import Board, Reader
from performer.panel.hub import Hub, as_jpeg
from performer.panel.listeners import Listener, Page
from performer.panel.panel import as_json
from performer.panel.settings import Settings
from performer.parameters import INDEX, TABLE
from performer.status import LearnView


class Socket:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    async def send_text(self, text: str) -> None:
        self.sent.append(json.loads(text))

    async def send_bytes(self, data: bytes) -> None:
        self.sent.append(data)


def sent_by(who: Page | Listener) -> list[Any]:
    """All that it has to say now."""
    socket = Socket()

    async def listen() -> None:
        sending = asyncio.ensure_future(who.send_to(socket))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        sending.cancel()

    asyncio.run(listen())
    return socket.sent


@pytest.fixture
def hub(board: Board, reader: Reader) -> Hub:
    return Hub(reader, Settings(board.name, "t", "u", None, None, 1), lambda _: True)


def test_a_files_name_that_is_no_text_is_shown_with_a_question_mark() -> None:
    learn = LearnView("psi", False, "cc 1 (\udcff)", 0.0, 1.0, "linear", "")
    outline = Outline({"\ud800": "é"}, (), ())
    status = replace(BLANK, model="caf\udce9.safetensors", outline=outline, learn=learn)
    told = json.loads(as_json(status, ["a log \udce9"]))
    assert told["model"] == "caf?.safetensors" and told["log"] == ["a log ?"]
    assert told["outline"]["titles"] == {"?": "é"} and told["learn"]["control"] == "cc 1 (?)"
    assert told.keys() == json.loads(as_json(BLANK, [])).keys()


def test_a_patch_that_changes_announces_itself(board: Board, hub: Hub) -> None:
    listener = Listener()
    hub.listeners.add(listener)
    for status in (
        {"patch": "Drift", "outline": {"titles": {"scene.1": "Water"}}},
        {"patch": "Drift", "outline": {"titles": {"scene.1": "Water"}}},
    ):
        board.write_status(json.dumps(status).encode())
        hub.tick(0.0)
    assert sent_by(listener) == []
    titles = {"scene.1": "Fire", "scene.2": "Earth"}
    board.write_status(json.dumps({"patch": "Drift", "outline": {"titles": titles}}).encode())
    hub.tick(0.0)
    told = {news["DATA"] for news in sent_by(listener)}
    assert told == {"/scene/1", "/scene/2"}
    board.write_status(b'{"patch": "Storm", "outline": {}}')
    hub.tick(0.0)
    assert "/" in {news["DATA"] for news in sent_by(listener)}


def test_what_the_patch_holds_is_told_when_it_changes(board: Board, hub: Hub) -> None:
    page = Page()
    hub.welcome(page)
    told = []
    for name in ("Doors", "Doors", "Curtain"):
        outline = {"cues": [{"name": name, "follows": ""}]}
        board.write_status(json.dumps({"patch": "Drift", "outline": outline}).encode())
        hub.tick(0.0)
        told += [news["outline"]["cues"] for news in sent_by(page) if "outline" in news]
    assert [cues[0]["name"] for cues in told] == ["Doors", "Curtain"]
    assert "outline" not in hub.status


def test_a_slow_page_misses_what_lay_between(board: Board, hub: Hub) -> None:
    page, values = Page(), np.array([parameter.default for parameter in TABLE])
    hub.pages.add(page)
    hub.tick(0.0)
    sent_by(page)
    for hue in (10.0, 20.0, 30.0):
        values[INDEX["hue"]] = hue
        board.write_values(values, values)
        board.write_picture(np.full((9, 16, 3), int(hue), np.uint8))
        hub.tick(0.0)
    news, picture = sent_by(page)
    assert len(news["values"]) == len(TABLE)
    assert [INDEX["hue"], 30.0, 30.0] in news["values"]
    assert picture.startswith(b"\xff\xd8")


def test_a_damaged_status_is_left_out(board: Board, hub: Hub) -> None:
    board.write_status(b'{"patch": "Drift"}')
    hub.tick(0.0)
    board.write_status(b'{"patch": "Dr')
    hub.tick(0.0)
    assert hub.status == {"patch": "Drift"}


@pytest.mark.parametrize(
    "rows, height, size", [((9, 16), 9, (16, 9)), ((360, 1920), 1080, (640, 360))]
)
def test_a_picture_is_small_and_keeps_its_shape(rows, height: int, size) -> None:
    import io

    from PIL import Image

    jpeg = as_jpeg(np.zeros((*rows, 3), np.uint8), height)
    assert Image.open(io.BytesIO(jpeg)).size == size
