"""The chain of effects: the generator's image in, the finished picture out."""

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from performer.effects.base import Effect, Tint, Values, Warp
from performer.effects.bloom import Bloom
from performer.effects.colour import Colour
from performer.effects.displacement import Displacement
from performer.effects.feedback import Feedback
from performer.effects.gamma import Gamma
from performer.effects.kaleidoscope import Kaleidoscope
from performer.effects.levels import Levels
from performer.effects.mirror import Mirror
from performer.effects.order import ordered
from performer.effects.palette import Palette
from performer.effects.sharpness import Sharpness
from performer.effects.strobe import Strobe
from performer.effects.tiles import Tiles
from performer.effects.tinting import Tinting
from performer.effects.trails import Trails
from performer.effects.warping import Warping
from performer.effects.zoom import Zoom

WARPS: Mapping[str, Callable[[], Warp]] = {
    "displacement": Displacement,
    "zoom": Zoom,
    "mirror": Mirror,
    "tiles": Tiles,
    "kaleidoscope": Kaleidoscope,
}
TINTS: Mapping[str, Callable[[], Tint]] = {"colour": Colour, "levels": Levels}
OTHERS: Mapping[str, Callable[[], Effect]] = {
    "gamma": Gamma,
    "palette": Palette,
    "sharpness": Sharpness,
    "trails": Trails,
    "feedback": Feedback,
    "bloom": Bloom,
    "strobe": Strobe,
}


class Effects:
    """All effects in their order.

    Warps and tints that follow each other are gathered, the warps into one sampling, the tints
    into one product: sampling is linear, so it does not matter which of the two comes first.
    """

    def __init__(self, first: Sequence[str] = ()) -> None:
        """`first`: the effects that come before the others, in that order."""
        self._stages: list[Effect] = []
        warps: list[Warp] = []
        tints: list[Tint] = []
        for name in ordered(first):
            if name in WARPS:
                warps.append(WARPS[name]())
            elif name in TINTS:
                tints.append(TINTS[name]())
            else:
                self._gather(warps, tints)
                self._stages.append(OTHERS[name]())
                warps, tints = [], []
        self._gather(warps, tints)

    def _gather(self, warps: Sequence[Warp], tints: Sequence[Tint]) -> None:
        is_first = not self._stages
        if warps:
            self._stages.append(Warping(warps))
        if tints or is_first:
            self._stages.append(Tinting(tints, is_first=is_first))

    def apply(self, image: Tensor, values: Values, dt_s: float) -> Tensor:
        """(1, 3, H, W), most of it within -1..1, to float32 of the same shape within 0..255."""
        image = image.float()
        for stage in self._stages:
            image = stage.apply(image, values, dt_s)
        return image

    def clear(self) -> None:
        """Forget the light that lingers."""
        for stage in self._stages:
            stage.clear()
