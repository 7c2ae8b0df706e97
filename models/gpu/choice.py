"""How a generator is played on a graphics card: what is tried, what must hold, what is kept."""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
import torch
from torch import Tensor

from models.architectures import TorchGenerator
from models.contest import PSNR_MINIMUM_DB, WORTH, psnr_db, samples_of, shortest_s
from models.device import describe, finish
from models.kept import key_of, load, store
from models.networks import Generator
from models.recipe import Precision

FORMAT = 1  # of what is tried: what was measured of another one does not hold


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a generator is played; `psnr_db` is half precision's against float32 if it was tried."""

    precision: Precision = "float32"
    captured: bool = False
    compiled: bool = False
    psnr_db: float | None = None

    @property
    def suits(self) -> bool:
        """Its key tells the card: whatever was kept can be done."""
        return True


class Draws(Protocol):
    """A generator ready to be drawn in one of these ways."""

    def draw(self, ws: Tensor, noise: float) -> Tensor: ...


Build = Callable[[Choice], Draws]


def choice_for(
    generator: TorchGenerator,
    device: torch.device,
    build: Build,
    name: str,
    *,
    moves: bool,
    anew: bool = False,
) -> Choice:
    """The choice kept for this generator and card, or one found by trying, kept from then on.

    With `anew` what is kept does not count. Where the weights are to move it is one for all that
    have these shapes, and never compiled. `build` makes a contender, `name` is the model's for
    the log.
    """
    where = FORMAT, torch.__version__, torch.version.cuda, describe(device), moves
    key = key_of(generator, where, weights=not moves)
    choice = None if anew else load(key, Choice)
    if choice is None:
        log = logging.getLogger(__name__)
        log.info("Preparing %s for %s, once: it can take a minute", name, describe(device))
        choice = choose(generator, device, build, may_compile=not moves)
        store(key, choice)
    return choice


def choose(
    generator: TorchGenerator, device: torch.device, build: Build, *, may_compile: bool
) -> Choice:
    """Try one thing after the other, and keep what is faster and holds the picture.

    What fails is left out with a line in the log. Raises what the plainest way raises.
    """
    contest = _Contest(samples_of(generator), device, build)
    if device.type != "mps":
        contest.attempt("a graph of the whole frame", captured=True)
    half = half_precision(generator, device)
    if half is not None:
        contest.attempt(half, precision=half)
    if may_compile and device.type == "cuda":
        contest.attempt("torch.compile", compiled=True)
    return contest.choice


def half_precision(generator: TorchGenerator, device: torch.device) -> Precision | None:
    """float16 for what was trained within its limits, else bfloat16 where the card has it.

    None for StyleGAN3, which is played in float32.
    """
    if not isinstance(generator, Generator):
        return None
    if generator.widths.clamp or device.type == "mps":
        return "float16"
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return "float16"
    return "bfloat16"


class _Contest:
    """The best way so far, and the pictures that all must draw."""

    def __init__(self, samples: Sequence[Tensor], device: torch.device, build: Build) -> None:
        self.choice = Choice()
        self._samples, self._device, self._build = samples, device, build
        self._best = build(self.choice)
        self._expected = [self._best.draw(ws, 1.0).clone() for ws in samples]

    def attempt(self, what: str, **changes: object) -> None:
        """Take a changed choice if it is worth it; say so if it fails."""
        choice = msgspec.structs.replace(self.choice, **changes)
        try:
            other = self._build(choice)
            worst_db = min(
                psnr_db(other.draw(ws, 1.0), expected)
                for ws, expected in zip(self._samples, self._expected, strict=True)
            )
            best_s, other_s = shortest_s([self._timed(self._best), self._timed(other)])
        except Exception as error:  # Whatever a library of others does, the show goes on.
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            logging.getLogger(__name__).warning("without %s: %s", what, reason)
            return
        told_db = round(worst_db, 1) if "precision" in changes else self.choice.psnr_db
        if worst_db >= PSNR_MINIMUM_DB and other_s < best_s * WORTH:
            self.choice, self._best = choice, other
        self.choice = msgspec.structs.replace(self.choice, psnr_db=told_db)

    def _timed(self, contender: Draws) -> Callable[[], object]:
        def draw() -> None:
            contender.draw(self._samples[0], 1.0)
            finish(self._device)

        return draw
