"""A film of a walk through what a model has learnt, which comes back to where it began."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from models.networks import Generator
from models.sampling import draw_from

STATIONS, SECONDS, FRAMES_PER_S = 6, 9, 24


def stations(generator: Generator, seed: int) -> Tensor:
    """(STATIONS, z_dim): the latents that the walk passes, the first ones of the samples."""
    random = torch.Generator().manual_seed(seed)
    return torch.randn(STATIONS, generator.widths.z_dim, generator=random)


def latents(anchors: Tensor, count: int) -> Tensor:
    """(count, z_dim) on a closed path through (n, z_dim) anchors, without a corner.

    A periodic Catmull-Rom spline; the mapping network normalises, so lengths do not matter.
    """
    place = torch.arange(count) * (len(anchors) / count)
    below = place.floor().long()
    t = (place - below)[:, None]
    a, b, c, d = (anchors[(below + offset) % len(anchors)] for offset in (-1, 0, 1, 2))
    curve = (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    return b + ((c - a) * t + curve) / 2


def film(generator: Generator, path: Path, *, seed: int, batch: int) -> None:
    """Write the walk as an .mp4; raises ImportError without PyAV."""
    import av

    z = latents(stations(generator, seed), SECONDS * FRAMES_PER_S)
    canvas = generator.canvas
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}")
    with av.open(str(part), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_S)
        # The usual colours of video have half the size, which must be whole.
        stream.width, stream.height = canvas.width_px & ~1, canvas.height_px & ~1
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "18", "preset": "veryfast"}
        for image in _pictures(generator, z, batch):
            frame = av.VideoFrame.from_ndarray(image.permute(1, 2, 0).contiguous().numpy())
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    part.replace(path)


def _pictures(generator: Generator, z: Tensor, batch: int) -> Iterator[Tensor]:
    for part in z.split(batch):
        yield from draw_from(generator, part)
