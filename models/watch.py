"""Knowing when to stop: judges a run's measures and tells the artist what to do."""

import math
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from itertools import takewhile

from models.metrics import Measures

COVERAGE_LOW = 0.15
VARIETY_LOW = 0.3
MEMORY_LOW = 0.5
WORSE_BY = 1.5
WORSE_TIMES = 3
KID_NOISE = 0.05  # of a few hundred images; also stands in for a best at or below 0
SURE_SIGN = 0.9
SURE_KIMG = 20.0

# Early in a run a model leaves much out and repeats itself; these only get worse.
STOPPING = frozenset({"nan", "memorising", "worse", "overfit"})

SENTENCES = {
    "nan": (
        "A measure is no longer a number, so the run is broken: stop, go on from the best save "
        "and lower the learning rate."
    ),
    "coverage": (
        "The model leaves out most of what your images show: early in a run let it train on; if "
        "it stays, go back to the best save, raise R1 or give it images that belong together."
    ),
    "collapse": (
        "The pictures nearly all look alike, the model has collapsed: early in a run let it train "
        "on; later stop, go back to the best save and raise R1."
    ),
    "memorising": (
        "The model repeats your images instead of making its own: stop, play an earlier save, "
        "and add images or augmentation before you train on."
    ),
    "worse": (
        "The pictures have been getting worse for a while: stop here and play the best save; "
        "training on seldom brings it back."
    ),
    "overfit": (
        "The discriminator knows your images by heart though augmentation is as strong as it "
        "gets: stop and play the best save; only more images will help."
    ),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """What was measured at a point of a run; the last two when there is adaptive augmentation."""

    kimg: float
    measures: Measures
    p_at_cap: bool = False
    sign_real: float | None = None  # E[sign D(real)], -1..1

    @property
    def is_number(self) -> bool:
        """Whether all of its numbers are finite."""
        return all(map(math.isfinite, (*astuple(self.measures), self.sign_real or 0.0)))

    @property
    def is_sure(self) -> bool:
        """Whether the discriminator knows the training images though augmentation is at its cap."""
        return self.p_at_cap and self.sign_real is not None and self.sign_real > SURE_SIGN


@dataclass(frozen=True, slots=True)
class Watch:
    """The verdict on a history, oldest first."""

    history: tuple[Moment, ...]

    @property
    def best(self) -> int | None:
        """The index of the lowest rconv-KID among moments that are numbers."""
        sound = [index for index, moment in enumerate(self.history) if moment.is_number]
        return min(sound, key=lambda index: self.history[index].measures.kid, default=None)

    @property
    def flags(self) -> dict[str, str]:
        """What the latest moment raises: the flag's name and a sentence for the artist."""
        return {name: SENTENCES[name] for name in self._raised()} if self.history else {}

    def _raised(self) -> Iterator[str]:
        latest = self.history[-1]
        if not latest.is_number:
            yield "nan"
            return
        if latest.measures.coverage < COVERAGE_LOW:
            yield "coverage"
        if latest.measures.fake_to_fake < VARIETY_LOW:
            yield "collapse"
        if latest.measures.fake_to_train < MEMORY_LOW:
            yield "memorising"
        if self._is_worse():
            yield "worse"
        if self._is_overfit():
            yield "overfit"

    def _is_worse(self) -> bool:
        """The last WORSE_TIMES rconv-KIDs all above WORSE_BY times the best one."""
        last = [moment.measures.kid for moment in self.history if moment.is_number]
        limit = WORSE_BY * max(min(last), KID_NOISE)
        return len(last) > WORSE_TIMES and min(last[-WORSE_TIMES:]) > limit

    def _is_overfit(self) -> bool:
        """Sure without a break for SURE_KIMG up to now."""
        sure = list(takewhile(lambda moment: moment.is_sure, reversed(self.history)))
        return len(sure) > 1 and sure[0].kimg - sure[-1].kimg >= SURE_KIMG
