"""A deck: the generator that plays, and how it goes over to the next one without a jump."""

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from performer.bends import bends_of
from performer.blending import Blender, shares_of
from performer.latent import Corner, Drift, Generator, Latent, Pliant
from performer.player import Player, draw_once

GOING_OVER_S = 2.0


class Deck:
    """Draws the pictures of a generator, and of those that follow it.

    Where the weights of one can move to the next one's, they do, over two seconds; else the next
    begins at once, and the last picture dissolves into its pictures.
    """

    def __init__(
        self, generator: Generator, directions: Tensor | None = None, walk: float = 0.0
    ) -> None:
        """`directions` and `walk` are those of `Latent`."""
        self.generator = generator
        self.notice = ""
        self._latent = Latent(generator, directions, walk)
        self._player, self._blender = Player(), Blender()
        self._moves = True
        self._next: tuple[Generator, Tensor, bool] | None = None
        self._way: _Way | None = None
        self._dissolve: _Dissolve | None = None
        self._picture: Tensor | None = None

    def follow(self, generator: Generator, directions: Tensor, *, drifts: bool = True) -> None:
        """From the next picture on go over to a generator, wherever the way to another stands.

        `directions` are the generator's, (DIRECTIONS, w_dim) on the CPU. The deck takes the
        generator over: from now on it must not be changed. One that does not drift keeps its
        weights, and no other's become them.
        """
        self._next = generator, directions, drifts

    @property
    def walk(self) -> float:
        """Where the wander stands, in steps."""
        return self._latent.walk

    def morph(self, names: Collection[str], walk: float | None, plain_s: float = 0.0) -> None:
        """Leave the present look for that of the seeds that `names` names: see `Latent.morph`."""
        self._latent.morph(names, walk, plain_s)
        self._blender.morph(names, walk, plain_s)

    def look(self, values: Mapping[str, float], walk: float | None) -> Tensor:
        """A picture like those of `draw`, of another look; what plays does not notice."""
        ws = self._latent.apart(walk).advance(values, 0.0)
        return draw_once(self.generator, ws, values["noise"], bends_of(values))

    def rest(self, values: Mapping[str, float], dt_s: float) -> None:
        """Let `dt_s` pass without a picture; the next one is of where all then stands."""
        if self._next is not None:
            (generator, directions, self._moves), self._next = self._next, None
            self._take(generator, directions)
        self._latent.rest(values, dt_s)
        self._dissolve = self._picture = None

    def draw(
        self,
        values: Mapping[str, float],
        dt_s: float,
        share: float = 1.0,
        corners: Sequence[Corner] = (),
        other: "Deck | None" = None,
        *,
        sketched: bool = False,
    ) -> Tensor:
        """A new picture (1, 3, H, W), most of it within -1..1, on the device.

        `share` and `corners` are those of `Latent.advance`. `other` is the deck towards whose
        model this one's is blended. With `sketched` it is the model's sketch, if there is one.
        """
        ws, blend = self._advance(values, dt_s, share, corners, other)
        bends = bends_of(values)
        picture = self._player.draw(
            self.generator, ws, values["noise"], dt_s, bends, blend, sketched=sketched
        )
        self.notice = self._refusal(asked=len(bends) > 0)
        if self._dissolve is not None:
            picture = self._dissolve.apply(picture, dt_s)
            if self._dissolve.is_done:
                self._dissolve = None
        self._picture = picture
        return picture

    def pass_by(
        self,
        values: Mapping[str, float],
        dt_s: float,
        share: float = 1.0,
        corners: Sequence[Corner] = (),
        other: "Deck | None" = None,
    ) -> None:
        """Let `dt_s` pass as `draw` does, without a picture."""
        self._dissolve = self._picture = None
        self._advance(values, dt_s, share, corners, other)

    def _advance(
        self,
        values: Mapping[str, float],
        dt_s: float,
        share: float,
        corners: Sequence[Corner],
        other: "Deck | None",
    ) -> tuple[Tensor, tuple[Pliant, Tensor] | None]:
        """The next picture's ws, and the network and ws of its blend, if there is one."""
        if self._next is not None:
            following, self._next = self._next, None
            self._begin(*following)
        way, self._way = self._way, None  # A way that fails is left, so that the show goes on.
        if way is not None and not way.advance(self._latent, dt_s):
            self._way = way
        theirs = None if other is None else (other.generator, other._latent)
        if self._blender.prepare(self._latent, self.generator, theirs, shares_of(values)):
            self._dissolve_from_here()
        ws = self._latent.advance(values, dt_s, share, corners)
        return ws, self._blender.apply(ws, values, dt_s, share, corners)

    def _refusal(self, *, asked: bool) -> str:
        """What is asked of the model and is beyond it, in words."""
        if asked and self.generator.pliant is None:
            return "this model cannot be bent: only StyleGAN2 can"
        if self._blender.is_refused:
            return "these two cannot be blended: that takes two StyleGAN2 of the same size"
        return ""

    def _begin(self, generator: Generator, directions: Tensor, drifts: bool) -> None:
        drift = self.generator.drift(generator) if drifts and self._moves else None
        self._moves = drifts
        if drift is not None:
            self._way = _Way(drift, directions)
            return
        self._take(generator, directions)
        self._dissolve_from_here()

    def _take(self, generator: Generator, directions: Tensor) -> None:
        self._way = None
        self._latent.take(generator, directions)
        self.generator = generator

    def _dissolve_from_here(self) -> None:
        """Let the last picture, if there is one, give way to those that come."""
        if self._picture is not None:
            size = self.generator.height_px, self.generator.width_px
            self._dissolve = _Dissolve(self._picture, size)


class _Way:
    """The weights of a generator on their way to another's, and its directions with them."""

    def __init__(self, drift: Drift, directions: Tensor) -> None:
        self._drift, self._directions = drift, directions
        self._progress = 0.0

    def advance(self, latent: Latent, dt_s: float) -> bool:
        """Go on by `dt_s`; whether all has arrived."""
        before = self._progress
        self._progress = min(before + dt_s / GOING_OVER_S, 1.0)
        if before < 1.0:
            latent.drift(self._directions, (self._progress - before) / (1.0 - before))
        return self._drift.advance(self._progress)


class _Dissolve:
    """The last picture of one generator, which gives way to those of the next."""

    def __init__(self, picture: Tensor, size: tuple[int, int]) -> None:
        """`picture` is (1, 3, H, W) of any H and W, `size` the next ones' (height, width)."""
        numbers = picture.nan_to_num(0.0, 1.0, -1.0)  # A broken model may give way to a sound one.
        self._held = F.interpolate(numbers, size, mode="bilinear", align_corners=False)
        self._progress = 0.0

    @property
    def is_done(self) -> bool:
        return self._progress >= 1.0

    def apply(self, picture: Tensor, dt_s: float) -> Tensor:
        """The mixture of both after another `dt_s`."""
        self._progress = min(self._progress + dt_s / GOING_OVER_S, 1.0)
        return torch.lerp(self._held, picture, self._progress)
