"""The film of a walk: a closed path without jumps, at the size of the canvas."""

from pathlib import Path

import pytest
import torch
from tiny import generator

from models.canvas import canvas_of
from models.walk import FRAMES_PER_S, SECONDS, STATIONS, film, latents, stations


def test_the_path_passes_its_stations_and_comes_back() -> None:
    anchors = stations(generator(), seed=3)
    path = latents(anchors, STATIONS * 10)
    torch.testing.assert_close(path[::10], anchors)
    steps = (path.roll(-1, 0) - path).norm(dim=1)
    assert float(steps.max()) < 4 * float(steps.mean())
    turns = (path.roll(-1, 0) - 2 * path + path.roll(1, 0)).norm(dim=1)
    assert float(turns.max()) < float(steps.max()), "no corner"


@pytest.mark.parametrize("size", [(8, 8), (20, 12)])
def test_a_film_is_a_video_of_the_canvas(tmp_path: Path, size: tuple[int, int]) -> None:
    av = pytest.importorskip("av")
    model = generator(canvas_of(*size))
    film(model, tmp_path / "walks" / "a.mp4", seed=1, batch=50)
    with av.open(str(tmp_path / "walks" / "a.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == size
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert len(pictures) == SECONDS * FRAMES_PER_S
    assert not list(tmp_path.rglob(".*")), "no scraps"
