"""Rehearsal: small pictures of the cues' looks, made ahead, for the player's eyes only."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from performer.decks import Decks
from performer.effects.chain import Effects
from performer.effects.pixels import to_bytes
from performer.parameters import TABLE
from performer.scenes import whole_values
from performer.schema import Patch, Scene

LONGER_SIDE_PX = 160
Image = NDArray[np.uint8]
Key = tuple[float | None, frozenset[tuple[str, float]]]


class Rehearsal:
    """Holds the pictures of looks that may go out; what plays does not notice."""

    def __init__(self, decks: Decks) -> None:
        self._decks = decks
        self._start: Mapping[str, float] = {}
        self._first: tuple[str, ...] = ()
        self._pictures: dict[Key, Image] = {}
        self.is_complete = False

    def expect(self, patch: Patch) -> None:
        """Take the start of a patch, from which a look's missing values come."""
        defaults = {parameter.name: parameter.default for parameter in TABLE}
        start = defaults | patch.start | {"trails": 0.0}
        if (start, patch.effects) != (self._start, self._first):
            self.forget()
        self._start, self._first = start, patch.effects
        self.is_complete = False

    def forget(self) -> None:
        """Every picture is of another model or start."""
        self._pictures.clear()
        self.is_complete = False

    def picture(self, scene: Scene) -> Image | None:
        """The picture of a scene, uint8 (H, W, 3), if it is made."""
        return self._pictures.get(_key(scene))

    def make(self, scenes: Sequence[Scene]) -> bool:
        """Draw the first that is missing, and drop what none of them is; whether one was."""
        keys = [_key(scene) for scene in scenes]
        if len(self._pictures) > len(keys):
            self._pictures = {k: p for k, p in self._pictures.items() if k in set(keys)}
        missing = next((i for i, key in enumerate(keys) if key not in self._pictures), None)
        self.is_complete = missing is None
        if missing is None:
            return False
        self._pictures[keys[missing]] = self._draw(scenes[missing])
        return True

    def keep(self, scene: Scene, image: Image) -> None:
        """A scene looks like this frame, uint8 (H, W, 3): it was stored from it."""
        step = max(1, -(-max(image.shape[:2]) // LONGER_SIDE_PX))
        self._pictures[_key(scene)] = np.ascontiguousarray(image[::step, ::step])

    def _draw(self, scene: Scene) -> Image:
        values = {**self._start, **whole_values(scene), "trails": 0.0}
        try:
            picture = Effects(self._first).apply(self._decks.look(values, scene.walk), values, 0.0)
        except Exception:
            # A picture for the player is never worth the show: a failing model shows in `frame`.
            return np.zeros((9, 16, 3), dtype=np.uint8)
        return to_bytes(_small(picture), 1.0).cpu().numpy()


def _small(picture: Tensor) -> Tensor:
    """(1, 3, H, W) with at most `LONGER_SIDE_PX` on its longer side."""
    height, width = picture.shape[2:]
    share = min(LONGER_SIDE_PX / max(height, width), 1.0)
    size = max(1, round(height * share)), max(1, round(width * share))
    return F.interpolate(picture, size, mode="area") if share < 1.0 else picture


def _key(scene: Scene) -> Key:
    """The same for scenes that look alike."""
    return scene.walk, frozenset(whole_values(scene).items())
