"""Twenty modulators of all kinds, and a sound for them, for `performer bench`."""

from performer.events import SoundEvent
from performer.schema import Modulator, Shape

SHAPES: tuple[Shape, ...] = ("sine", "triangle", "saw", "square", "noise", "steps")
IN_BEATS: tuple[Shape, ...] = ("sine", "noise")
SHAPED = [
    Modulator(shape=shape, parameter=f"direction.{i}", depth=0.1, rate_hz=0.3, seed=i)
    for i, shape in enumerate(SHAPES, 1)
]
IN_TIME = [Modulator(shape=shape, parameter="psi", depth=0.02, beats=4.0) for shape in IN_BEATS]
FOLLOWING = [
    Modulator(source=f"sound.{name}", parameter=f"coarse.{i}", depth=0.1)
    for i, name in enumerate(("level", "bass", "mid", "treble"), 1)
]
STRUCK = [
    Modulator(trigger=trigger, parameter=f"fine.{i}", depth=0.1)
    for i, trigger in enumerate(("sound.onset", "beat", "next_seed", "note 36"), 1)
]
COMPUTED = [
    Modulator(expression=expression, parameter=f"middle.{i}", depth=0.1)
    for i, expression in enumerate(
        (
            "turn(beat) * sound.bass",
            "modulation[1] * smooth(bar)",
            "mix(psi, noise, sound.level) - 0.5",
            "(sound.mid > 0.5) * max(modulation[9], modulation[10])",
        ),
        1,
    )
]
TWENTY = (*SHAPED, *IN_TIME, *FOLLOWING, *STRUCK, *COMPUTED)


def moment(now_s: float) -> SoundEvent:
    """A moment of a loud sound that begins every half second."""
    return SoundEvent(now_s, 0.8, now_s % 0.5 * 2.0, 0.5, 0.6, 0.7, float(now_s % 0.5 < 0.02))
