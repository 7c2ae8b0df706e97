"""Feedback: a camera that looks at its own screen, a little nearer and turned."""

import math

import torch
from torch import Tensor

from performer.effects.base import Values
from performer.effects.tinting import chroma, product
from performer.effects.trails import SHORTEST_S, fitted
from performer.effects.warping import places_of, sample
from performer.effects.zoom import turned


class Feedback:
    """The knobs `feedback.time`, and `.zoom`, `.turn` and `.hue`, each by so much a second."""

    def __init__(self) -> None:
        self._held: Tensor | None = None
        self._places: Tensor | None = None

    def apply(self, image: Tensor, values: Values, dt_s: float) -> Tensor:
        time_s = values["feedback.time"]
        if time_s < SHORTEST_S:
            self._held = None
            return image
        if self._held is not None:
            seen = self._seen(fitted(self._held, image), values, dt_s)
            image = torch.maximum(image, seen * math.exp(-dt_s / time_s))
        self._held = image
        return image

    def clear(self) -> None:
        self._held = None

    def _seen(self, held: Tensor, values: Values, dt_s: float) -> Tensor:
        """The last output as the camera sees it, `dt_s` later."""
        zoom, turn = values["feedback.zoom"] * dt_s, values["feedback.turn"] * dt_s
        if zoom or turn:
            if self._places is None or self._places.shape[:2] != held.shape[2:]:
                self._places = places_of(held)
            held = sample(held, turned(self._places, -turn, 2.0**-zoom), "zeros")
        if values["feedback.hue"]:
            held = product(chroma(values["feedback.hue"] * dt_s, 1.0).to(held.device), held)
            held = held.clamp_(0.0, 255.0)
        return held
