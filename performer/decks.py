"""Two decks: the crossfade between their pictures, and the first one blended towards the other."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from performer.deck import Deck
from performer.latent import Corner, Generator

UNSEEN = 1 / 512  # half a step of a picture's bytes


class Decks:
    """Deck A, which is always there, and deck B as soon as a model is on it.

    A deck that is not seen is not drawn; its wander goes on. B has a seed of its own and shares
    all else.
    """

    def __init__(self, generator: Generator) -> None:
        self.a = Deck(generator)
        self.b: Deck | None = None
        self.notice = ""

    def follow(self, deck: str, generator: Generator, directions: Tensor, *, drifts: bool) -> None:
        """Have the deck "a" or "b" go over to a model: see `Deck.follow`."""
        if deck == "b" and self.b is None:
            self.b = Deck(generator, directions, self.walk)
            return
        playing = self.b if deck == "b" and self.b is not None else self.a
        playing.follow(generator, directions, drifts=drifts)

    @property
    def walk(self) -> float:
        """Where the wander stands, in steps."""
        return self.a.walk

    def morph(self, names: Collection[str], walk: float | None, plain_s: float = 0.0) -> None:
        """Leave the present look for that of the seeds that `names` names: see `Latent.morph`."""
        self.a.morph(names, walk, plain_s)
        if self.b is not None:
            self.b.morph(frozenset(names) - {"seed"}, walk, plain_s)

    def look(self, values: Mapping[str, float], walk: float | None) -> Tensor:
        """A picture like those of `draw`, of another look; what plays does not notice."""
        mix = self._mix(values)
        if self.b is None or mix <= 0.0:
            return self.a.look(values, walk)
        theirs = self.b.look(_others(values), walk)
        return theirs if mix >= 1.0 else crossfade(self.a.look(values, walk), theirs, mix)

    def draw(
        self,
        values: Mapping[str, float],
        dt_s: float,
        share: float = 1.0,
        corners: Sequence[Corner] = (),
        *,
        sketched: bool = False,
    ) -> Tensor:
        """A new picture (1, 3, H, W), most of it within -1..1, on the device; see `Deck.draw`.

        It has deck A's canvas, or B's where B alone is seen.
        """
        pictures: list[Tensor] = []
        for deck, its, own, other in self._seen(values, dt_s, corners):
            if pictures and deck.generator is self.a.generator:
                pictures[0] = pictures[0].clone()  # A picture on a card is good until the next one.
            pictures.append(deck.draw(its, dt_s, share, own, other, sketched=sketched))
        mix = self._mix(values)
        self.notice = self.a.notice if mix < 1.0 else ""
        first, *others = pictures
        return crossfade(first, others[0], mix) if others else first

    def pass_by(
        self,
        values: Mapping[str, float],
        dt_s: float,
        share: float = 1.0,
        corners: Sequence[Corner] = (),
    ) -> None:
        """Let `dt_s` pass as `draw` does, without a picture."""
        for deck, its, own, other in self._seen(values, dt_s, corners):
            deck.pass_by(its, dt_s, share, own, other)

    def _seen(
        self, values: Mapping[str, float], dt_s: float, corners: Sequence[Corner]
    ) -> Iterator[tuple[Deck, Mapping[str, float], Sequence[Corner], Deck | None]]:
        """Each deck that is seen, with its values, its corners and whom it is blended towards.

        One that is not rests.
        """
        mix = self._mix(values)
        if mix < 1.0:
            yield self.a, values, corners, self.b
        else:
            self.a.rest(values, dt_s)
        if self.b is not None and mix > 0.0:
            yield self.b, _others(values), [_Corner.of(corner) for corner in corners], None
        elif self.b is not None:
            self.b.rest(values, dt_s)

    def _mix(self, values: Mapping[str, float]) -> float:
        """How much of deck B is seen, 0..1."""
        mix = values["deck.mix"]
        if self.b is None or mix < UNSEEN:
            return 0.0
        return 1.0 if mix > 1.0 - UNSEEN else mix


def crossfade(here: Tensor, there: Tensor, share: float) -> Tensor:
    """From one picture (1, 3, H, W) to another of any size, in the size of the first.

    Light is mixed, as two projectors would: a mixture of levels is dull in the middle. The share
    leaves its ends softly, for a little light is much to see on black.
    """
    if there.shape != here.shape:
        there = F.interpolate(there, here.shape[2:], mode="bilinear", align_corners=False)
    soft = share * share * (3.0 - 2.0 * share)
    light = torch.lerp(_light(here), _light(there), soft)
    return (light.sign() * light.abs().sqrt_()).mul_(2.0).sub_(1.0)


def _light(picture: Tensor) -> Tensor:
    """About how bright the levels -1..1 are on a screen, 0..1; what is beyond goes on beyond."""
    level = picture * 0.5 + 0.5
    return level * level.abs()


def _others(values: Mapping[str, float]) -> dict[str, float]:
    """The values of deck B."""
    return {**values, "seed": values["deck.seed"]}


@dataclass(frozen=True, slots=True)
class _Corner:
    """A corner of the XY pad as deck B takes it: without its seed."""

    share: float
    pictures: Mapping[str, float]
    walk: float | None

    @classmethod
    def of(cls, corner: Corner) -> "_Corner":
        pictures = {name: value for name, value in corner.pictures.items() if name != "seed"}
        return cls(corner.share, pictures, corner.walk)
