"""Live coding as its players meet it: a window, an editor, a pad, and files that change."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from parts import Screen, end
from test_play import Player, brightness, is_shown, until

from performer.patch import load_patch

pytestmark = pytest.mark.live

SCENE = "[scenes.1]\nmorph_beats = 1\nvalues = { brightness = -1 }  # dark\n"
CUE = '[[cues]]\nname = "Dark"\nscene = "1"\n'


@pytest.fixture
def player(tmp_path: Path, xvfb: Screen) -> Iterator[Player]:
    playing = Player(tmp_path, "--size", "640x360", "--midi", "none")
    yield playing
    with playing.process:
        end(playing.process)


def test_a_patch_that_is_saved_is_seen_and_a_scene_that_is_stored_is_saved(
    tmp_path: Path, xvfb: Screen, player: Player
) -> None:
    patch = tmp_path / "still.toml"
    text = patch.read_text()
    until(lambda: is_shown(xvfb), "the picture")
    patch.write_text(text.replace("[start]", "[start]\nbrightness = 1"))
    until(lambda: brightness(xvfb) > 250, "the saved start: all white")
    patch.write_text(text.replace("[start]", "[start]\nbrightness = 7"))
    until(lambda: "7 is not allowed" in line(player), "the error")
    assert brightness(xvfb) > 250, "the old one plays on"
    patch.write_text(text.replace("[start]", "[start]\nbrightness = 1") + SCENE + CUE)
    until(lambda: "took still.toml" in line(player), "the mended patch")
    player.osc("/cue/go", "i", "1")
    until(lambda: brightness(xvfb) < 5, "the cue: all black")
    player.osc("/brightness", "f", "1")
    until(lambda: brightness(xvfb) > 250, "white by hand")
    player.osc("/store", "i", "1")
    player.osc("/scene/2", "i", "1")
    until(lambda: "2" in load_patch(patch).scenes, "the stored scene")
    assert "# dark" in patch.read_text()
    player.osc("/scene/1", "i", "1")
    until(lambda: brightness(xvfb) < 5, "black again")
    player.osc("/scene/2", "i", "1")
    until(lambda: brightness(xvfb) > 250, "what was stored")
    status, output = player.stop(signal.SIGTERM)
    assert status == 0 and "Traceback" not in output, output
    statistics = player.statistics()
    assert statistics["errors"] == 0
    assert statistics["events_received"]["patch"] == 3, "the own write brought none"


def line(player: Player) -> str:
    """The next line that it says."""
    assert player.process.stdout
    said = player.process.stdout.readline()
    assert said, "it ended"
    return said
