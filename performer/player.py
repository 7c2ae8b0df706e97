"""The player: draws a model with the engine that can do what is asked, changing engines unseen."""

from collections.abc import Sequence

import torch
from torch import Tensor

from performer.bends import Bend
from performer.latent import Generator, Pliant, Sketch

Engine = Generator | Pliant | Sketch

HOLD_S = 2.0  # a bend that swings through nothing does not change engines each time
FADE_S = 0.3


class Player:
    """The fast engine while nothing is bent or blended, else the model's pliant one.

    Where time is short it is the model's sketch, if there is one. Engines differ by a little. What
    the first picture differs by is added to those that follow, less and less, so that one picture
    alone is drawn twice.
    """

    def __init__(self) -> None:
        self._generator: Generator | None = None
        self._engine: Engine | None = None
        self._hold_s = self._left = 0.0
        self._offset: Tensor | None = None

    def draw(
        self,
        generator: Generator,
        ws: Tensor,
        noise: float,
        dt_s: float,
        bends: Sequence[Bend] = (),
        blend: tuple[Pliant, Tensor] | None = None,
        *,
        sketched: bool = False,
    ) -> Tensor:
        """A picture (1, 3, H, W) of `ws` (num_ws, w_dim), or of the network and ws of `blend`.

        A model that cannot be bent is drawn as it is. What is bent or blended is never `sketched`.
        """
        pliant = generator.pliant
        is_asked = pliant is not None and (len(bends) > 0 or blend is not None)
        self._hold_s = HOLD_S if is_asked else max(self._hold_s - dt_s, 0.0)
        if generator is not self._generator:
            self._begin(generator)
            self._hold_s = HOLD_S * is_asked
        fast = (generator.sketch if sketched else None) or generator
        engine: Engine = pliant if pliant is not None and self._hold_s > 0.0 else fast
        before, self._engine = self._engine, engine
        if before is not None and before is not engine:
            return self._go_over(before, engine, ws, noise)
        if pliant is None or not is_asked:
            return self._faded(engine.draw(ws, noise), dt_s)
        network, ws = blend or (pliant, ws)
        return self._faded(network.draw(ws, noise, bends), dt_s)

    def _begin(self, generator: Generator) -> None:
        self._generator, self._engine, self._offset = generator, None, None

    def _go_over(self, before: Engine, engine: Engine, ws: Tensor, noise: float) -> Tensor:
        """The last picture of an engine; what is asked for begins with the next one."""
        picture = self._faded(before.draw(ws, noise), 0.0)
        self._offset, self._left = picture - engine.draw(ws, noise), 1.0
        return picture

    def _faded(self, picture: Tensor, dt_s: float) -> Tensor:
        """With what is left of the engine before after another `dt_s`."""
        self._left -= dt_s / FADE_S
        if self._offset is None or self._left <= 0.0:
            self._offset = None
            return picture
        return torch.add(picture, self._offset, alpha=self._left)


def draw_once(generator: Generator, ws: Tensor, noise: float, bends: Sequence[Bend]) -> Tensor:
    """A picture by itself."""
    if bends and generator.pliant is not None:
        return generator.pliant.draw(ws, noise, bends)
    return generator.draw(ws, noise)
