"""The effects' rows of the parameter table; each effect is off at its knob's default."""

from performer.effects.palettes import PALETTES
from performer.parameter import Parameter

LAST = len(PALETTES) - 1
NAMES = ", ".join(f"{i} {name}" for i, name in enumerate(PALETTES))


def _turn(name: str, help: str, furthest: float = 180.0, unit: str = "°") -> Parameter:
    return Parameter(name, help, minimum=-furthest, maximum=furthest, unit=unit)


def _stepped(name: str, help: str, minimum: float, maximum: float, default: float) -> Parameter:
    return Parameter(
        name, help, minimum=minimum, maximum=maximum, default=default, step=1.0, slew_s=0.0
    )


def _times(name: str, help: str, minimum: float, maximum: float) -> Parameter:
    return Parameter(name, help, minimum=minimum, maximum=maximum, default=1.0, unit="x")


def _seconds(name: str, help: str, maximum: float) -> Parameter:
    return Parameter(name, help, maximum=maximum, unit="s", curve="square")


EFFECTS: tuple[Parameter, ...] = (
    Parameter("brightness", "Added light.", minimum=-1.0),
    _times("contrast", "Contrast around mid grey.", 0.0, 3.0),
    _times("saturation", "Colour: 0 is grey.", 0.0, 3.0),
    _turn("hue", "Turn of the colour circle."),
    Parameter("levels.black", "What is this dark is black.", maximum=0.7),
    Parameter("levels.white", "What is this light is white.", minimum=0.3, default=1.0),
    Parameter(
        "gamma",
        "Mid tones: below 1 darker, above 1 lighter.",
        minimum=0.4,
        maximum=2.0,
        default=1.0,
        curve="square",
    ),
    Parameter("palette.mix", "How far colours go over to those of a palette, by lightness."),
    Parameter("palette.pick", f"The palette: {NAMES}; between them, blends.", maximum=LAST),
    Parameter("sharpness", "How much edges stand out.", maximum=2.0),
    _times("zoom", "Magnify the middle.", 1.0, 4.0),
    _turn("turn", "Turn the picture."),
    _stepped("mirror", "0 off, 1 left-right, 2 top-bottom, 3 both.", 0.0, 3.0, 0.0),
    _times("tiles", "Mirrored pictures side by side.", 1.0, 4.0),
    Parameter("kaleidoscope.size", "How far from the middle a kaleidoscope reaches."),
    _stepped("kaleidoscope.folds", "How many mirrored wedges make the round.", 2.0, 12.0, 6.0),
    _turn("kaleidoscope.turn", "Which part of the picture is the wedge."),
    Parameter("displacement.amount", "How far a slow current carries the picture about."),
    Parameter("displacement.size", "Its eddies: 0 small, 1 large.", default=0.5),
    Parameter(
        "displacement.speed",
        "How fast they change.",
        maximum=2.0,
        default=0.2,
        unit="steps/s",
        curve="square",
    ),
    _seconds("trails", "How long light lingers.", 5.0),
    _seconds("feedback.time", "How long the output is fed back into itself.", 2.0),
    Parameter(
        "feedback.zoom",
        "How fast it grows there; below 0 it shrinks.",
        minimum=-1.0,
        maximum=1.0,
        default=0.4,
        unit="octaves/s",
    ),
    _turn("feedback.turn", "How fast it turns there.", 90.0, "°/s"),
    _turn("feedback.hue", "How fast its colours turn there.", 180.0, "°/s"),
    Parameter("bloom.amount", "How much bright light spreads."),
    Parameter("bloom.size", "How far it spreads.", default=0.5),
    Parameter("strobe.amount", "How dark the picture goes between flashes."),
    Parameter(
        "strobe.rate",
        "Flashes a second; more than three only without the flash limit.",
        minimum=0.5,
        maximum=20.0,
        default=2.0,
        unit="Hz",
        curve="square",
    ),
)

FLASH_LIMIT = Parameter(
    "flash_limit",
    "On from the start: at most three flashes a second, to protect people with epilepsy.",
    kind="toggle",
    default=1.0,
    slew_s=0.0,
)
