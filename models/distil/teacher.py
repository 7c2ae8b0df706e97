"""The teacher: a model that is only looked at, and its pictures on the student's canvas."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from models.canvas import Canvas
from models.checkpoint import CheckpointError, Manifest, load_checkpoint, sha256_of
from models.feed import shrink
from models.networks import Generator
from models.sampling import draw_parts

PIXELS_AT_ONCE = 1 << 21


@dataclass(frozen=True, slots=True)
class Teacher:
    """A generator, its manifest, its directions (count, w_dim) if any, and its file's hash."""

    path: Path
    generator: Generator
    manifest: Manifest
    directions: Tensor | None
    sha256: str

    @torch.no_grad()
    def paint(self, ws: Tensor, canvas: Canvas) -> Tensor:
        """ws (N, num_ws of the canvas, w_dim) to its pictures as they are shown, (N, 3, H, W).

        They are float within -1..1, with the model's own noise, and made smaller for a smaller
        canvas; levels above that take the last w.
        """
        missing = self.generator.num_ws - ws.shape[1]
        ws = torch.cat([ws, ws[:, -1:].expand(-1, missing, -1)], dim=1)
        own = self.manifest.canvas
        parts = ws.split(max(1, PIXELS_AT_ONCE // (own.height_px * own.width_px)))
        shrunk = 1 << self.halvings(canvas)
        return torch.cat([self._shown(part, shrunk) for part in parts])

    def draw(self, count: int, *, seed: int, canvas: Canvas) -> Tensor:
        """The same `count` latents as `sampling.draw` has, uint8 (count, 3, H, W) on the host."""
        parts = draw_parts(self.generator, count, seed=seed, batch=4)
        return torch.cat([shrink(part, self.halvings(canvas)) for part in parts])

    def halvings(self, canvas: Canvas) -> int:
        """How often its pictures are halved for a canvas."""
        return self.manifest.canvas.doublings - canvas.doublings

    def _shown(self, ws: Tensor, shrunk: int) -> Tensor:
        picture: Tensor = self.generator.synthesis(ws)
        return F.avg_pool2d(picture.float().clamp(-1.0, 1.0), shrunk)


def read_teacher(path: Path, device: torch.device) -> Teacher:
    """A model, or the best of a run's folder, on a device; raises `CheckpointError`."""
    path = path / "model.safetensors" if path.is_dir() else path
    generator, manifest, directions = load_checkpoint(path)
    if not isinstance(generator, Generator):
        kind = type(manifest.architecture).__name__
        raise CheckpointError(
            f"{path}: {kind} models have other layers than a student, which is a StyleGAN2, so "
            "this one cannot be distilled; StyleGAN2 models can"
        )
    generator.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Teacher(path, generator, manifest, directions, sha256_of(path))
