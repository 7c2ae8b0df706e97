"""Gestures played live: the generator in plain numpy, cheap enough for every frame."""

import math

import numpy as np
from numpy.typing import NDArray

from models.gestures.checkpoint import GestureModel
from models.gestures.networks import REST, SLOW_S

LEAD_IN_S = 10.0
STALL_S = 1.0

Array = NDArray[np.float32]


class GesturePlayer:
    """One endless gesture; all of it follows from the seed and from how much time has passed.

    Steps are those of the generator's rate, with straight lines between them, so the gesture is
    the same at every frame rate.
    """

    def __init__(self, model: GestureModel, seed: int) -> None:
        generator, manifest = model
        self.names = manifest.parameters
        self._rate_hz = manifest.rate_hz
        weights = {name: tensor.numpy() for name, tensor in generator.state_dict().items()}
        self._weights = weights
        self._low = weights["low"].astype(np.float64)
        self._span = weights["high"].astype(np.float64) - self._low
        self._random = np.random.Generator(np.random.PCG64(seed))
        self._noise, width = manifest.noise, manifest.noise + manifest.slow
        self._width = width
        self._kept = math.exp(-1.0 / (SLOW_S * manifest.rate_hz))
        self._hidden = np.zeros(manifest.hidden, np.float32)
        self._slow = self._random.standard_normal(manifest.slow, np.float32)
        self._hand = self._before = np.full(len(self.names), 0.5, np.float32)
        self._due_s = 0.0
        for _ in range(round(LEAD_IN_S * self._rate_hz)):
            self._step()

    def step(self, dt_s: float) -> NDArray[np.float64]:
        """Let `dt_s` pass; where the parameters are, float64 (parameters,), positions 0..1."""
        self._due_s += min(dt_s, STALL_S) * self._rate_hz
        while self._due_s >= 1.0:
            self._due_s -= 1.0
            self._step()
        hand = self._before + (self._hand - self._before) * self._due_s
        return self._low + self._span * hand

    def _step(self) -> None:
        """The generator's next step, as `GestureGenerator.step` has it."""
        weights, size = self._weights, len(self._hidden)
        drawn = self._random.standard_normal(self._width, np.float32)
        self._slow = self._kept * self._slow + (1.0 - self._kept**2) ** 0.5 * drawn[self._noise :]
        inputs = np.concatenate([2.0 * self._hand - 1.0, drawn[: self._noise], self._slow])
        given = weights["cell.weight_ih"] @ inputs.astype(np.float32) + weights["cell.bias_ih"]
        kept = weights["cell.weight_hh"] @ self._hidden + weights["cell.bias_hh"]
        gates = _sigmoid(given[: 2 * size] + kept[: 2 * size])
        fresh = np.tanh(given[2 * size :] + gates[:size] * kept[2 * size :])
        self._hidden = fresh + gates[size:] * (self._hidden - fresh)
        heading = _sigmoid(weights["heading.weight"] @ self._hidden + weights["heading.bias"])
        share = _sigmoid(weights["share.weight"] @ self._hidden + weights["share.bias"])
        share = np.maximum((1.0 + REST) * share - REST, 0.0)
        self._before, self._hand = self._hand, self._hand + share * (heading - self._hand)


def _sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), which no x makes overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))
