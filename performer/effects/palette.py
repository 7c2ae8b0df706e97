"""Palette: each pixel's lightness finds its colour in a palette."""

import torch
from torch import Tensor

from performer.effects.base import WHITE, Values
from performer.effects.palettes import PALETTES

LUMA = torch.tensor([[0.2126, 0.7152, 0.0722]])  # ITU-R BT.709
STOPS = torch.tensor([[list(bytes.fromhex(code)) for code in row] for row in PALETTES.values()])
KNOTS = torch.arange(STOPS.shape[1] - 1)[:, None] / (STOPS.shape[1] - 1) * WHITE


class Palette:
    """The knobs `palette.mix` and `palette.pick`; between two palettes lie their blends."""

    def __init__(self) -> None:
        self._kept: tuple[object, tuple[Tensor, ...]] | None = None

    def apply(self, image: Tensor, values: Values, dt_s: float) -> Tensor:
        mix = values["palette.mix"]
        if mix <= 0.0:
            return image
        luma, knots, slopes, black = self._tables(values["palette.pick"], image.device)
        pixels = image.reshape(3, -1)
        # Straight from stop to stop: a sum of ramps, each of which begins at its knot.
        ramps = (luma @ pixels - knots).clamp_(min=0.0)
        mapped = torch.addmm(pixels, slopes, ramps, beta=1.0 - mix, alpha=mix)
        return mapped.add_(black, alpha=mix).clamp_(0.0, WHITE).view(image.shape)

    def clear(self) -> None:
        """Nothing is held."""

    def _tables(self, pick: float, device: torch.device) -> tuple[Tensor, ...]:
        """Luma (1, 3), knots (K, 1), the change of slope at each (3, K), and black (3, 1)."""
        if self._kept is None or self._kept[0] != (pick, device):
            below = min(int(pick), len(STOPS) - 2)
            stops = torch.lerp(STOPS[below].float(), STOPS[below + 1].float(), pick - below)
            slopes = (stops[1:] - stops[:-1]).T / KNOTS[1]
            bends = torch.cat((slopes[:, :1], slopes[:, 1:] - slopes[:, :-1]), dim=1)
            tables = tuple(each.to(device) for each in (LUMA, KNOTS, bends, stops[:1].T))
            self._kept = ((pick, device), tables)
        return self._kept[1]
