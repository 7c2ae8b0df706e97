"""The recipe of a run on gestures: all that decides what it does, apart from the takes."""

import msgspec

# Hands move a few times a second; twice the rate would halve what a window of steps can show.
RATE_HZ = 10.0


class GestureRecipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a run on gestures does.

    `hidden` units generate, `judging` ones a direction discriminate, by `noise` new numbers at
    every step and `slow` ones that change within seconds.

    The discriminator sees `window` steps at a time, of a generator that has already run for
    `lead_in` steps: what is played live is what came long after the beginning.
    """

    hidden: int = 96
    judging: int = 64
    noise: int = 8
    slow: int = 4
    window: int = 96
    lead_in: int = 96
    seed: int = 0
    loss: str = "nonsaturating"
    batch: int = 32
    learning_rate: float = 0.002
    r1_gamma: float = 0.4

    @property
    def ema_half_life_img(self) -> float:
        """Windows after which half of the averaged weights are new."""
        return self.batch * 200.0
