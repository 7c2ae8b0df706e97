"""All warps that follow each other, as one map of places and one sampling of the image."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from performer.effects.base import Setting, Values, Warp

Settings = tuple[tuple[int, Setting], ...]


def places_of(image: Tensor) -> Tensor:
    """The places (2, H, W) of an image's own pixels, as `Warp` counts them."""
    height, width = image.shape[2:]
    places = torch.empty(2, height, width, device=image.device)
    # Written so that left and right, above and below are the same numbers but for their sign.
    places[0] = torch.arange(1 - width, width, 2, device=image.device) / height
    places[1] = torch.arange(1 - height, height, 2, device=image.device)[:, None] / height
    return places


def sample(image: Tensor, places: Tensor, outside: str = "reflection") -> Tensor:
    """The image (1, C, H, W) as seen at places (2, H', W'): (1, C, H', W').

    `outside` is `reflection`, or `zeros` for black.
    """
    height, width = image.shape[2:]
    grid = torch.empty_like(places)
    torch.mul(places[0], height / width, out=grid[0])
    grid[1] = places[1]
    # The planes of x and y stay apart, which is the quickest on a CPU.
    grid = grid.permute(1, 2, 0)[None]
    return F.grid_sample(image, grid, padding_mode=outside, align_corners=False)


class Warping:
    """Warps in the order in which the image goes through them.

    The places are bent from the last warp to the first, as each asks where its pixels come from.
    What is bent is kept as long as the settings stand still.
    """

    def __init__(self, warps: Sequence[Warp]) -> None:
        self._warps = tuple(warps)
        self._canvas: tuple[object, ...] = ()
        self._kept: dict[Settings, Tensor] = {}

    def apply(self, image: Tensor, values: Values, dt_s: float) -> Tensor:
        """The image bent by all warps that are on."""
        settings = [(i, warp.setting(values, dt_s)) for i, warp in enumerate(self._warps)]
        active = tuple((i, setting) for i, setting in settings if setting is not None)
        return sample(image, self._places(image, active[::-1])) if active else image

    def clear(self) -> None:
        """A warp holds no light."""

    def _places(self, image: Tensor, active: Settings) -> Tensor:
        canvas = (image.shape[2:], image.device)
        if canvas != self._canvas:
            self._canvas, self._kept = canvas, {(): places_of(image)}
        aspect = image.shape[3] / image.shape[2]
        kept: dict[Settings, Tensor] = {(): self._kept[()]}
        for count in range(1, len(active) + 1):
            path = active[:count]
            i, setting = path[-1]
            places = self._kept.get(path)
            if places is None:
                places = self._warps[i].bend(kept[path[:-1]], setting, aspect)
            kept[path] = places
        self._kept = kept
        return kept[active]
