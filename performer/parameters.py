"""The parameter table: every control of the instrument, from which all else derives."""

from performer.parameter import Parameter

DIRECTIONS = 16
SCENES = 9


def _seed(name: str, default: float, help: str) -> Parameter:
    return Parameter(name, help, maximum=999.0, default=default, unit="seed", slew_s=0.0)


def _directions(group: str, layers: str) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            f"{group}.{i}",
            f"Push {layers} along latent direction {i} of the model.",
            minimum=-5.0,
            maximum=5.0,
            unit="steps",
        )
        for i in range(1, DIRECTIONS + 1)
    )


def _scenes() -> tuple[Parameter, ...]:
    return tuple(
        Parameter(f"scene.{i}", f"Recall scene {i} of the patch.", kind="trigger", key=str(i))
        for i in range(1, SCENES + 1)
    )


TABLE: tuple[Parameter, ...] = (
    _seed("seed", 0.0, "The picture: each whole number is one, those between are morphs."),
    _seed("seed_b", 1.0, "The second picture."),
    Parameter("seed_mix", "From the picture (0) to the second picture (1)."),
    Parameter(
        "class",
        "Of a model with classes: each whole number is one, those between are morphs.",
        maximum=999.0,
        slew_s=0.0,
    ),
    Parameter(
        "glide",
        "How long a change of seed or class takes to arrive.",
        maximum=30.0,
        default=1.5,
        unit="s",
        curve="square",
    ),
    Parameter(
        "walk.speed",
        "How fast the picture wanders by itself.",
        maximum=4.0,
        default=0.15,
        unit="steps/s",
        curve="square",
    ),
    Parameter("walk.reach", "How far it wanders: 0 stays, 1 forgets the seed.", default=0.6),
    Parameter(
        "psi",
        "Truncation: 0 is the average picture, 1 all variety, above 1 wild.",
        maximum=1.5,
        default=0.8,
    ),
    Parameter("style.mix", "How much of the style picture is blended in."),
    _seed("style.seed", 2.0, "The picture that lends its style."),
    Parameter("style.low", "First layer that takes the style: 0 coarsest, 1 finest.", default=0.5),
    Parameter("style.high", "Last layer that takes the style: 0 coarsest, 1 finest.", default=1.0),
    Parameter("noise", "Strength of the fine texture.", maximum=3.0, default=1.0, unit="x"),
    Parameter("brightness", "Added light.", minimum=-1.0),
    Parameter("contrast", "Contrast around mid grey.", maximum=3.0, default=1.0, unit="x"),
    Parameter("saturation", "Colour: 0 is grey.", maximum=3.0, default=1.0, unit="x"),
    Parameter("hue", "Turn of the colour circle.", minimum=-180.0, maximum=180.0, unit="°"),
    Parameter("zoom", "Magnify the middle.", minimum=1.0, maximum=4.0, default=1.0, unit="x"),
    Parameter(
        "mirror", "0 off, 1 left-right, 2 top-bottom, 3 both.", maximum=3.0, step=1.0, slew_s=0.0
    ),
    Parameter("trails", "How long light lingers.", maximum=5.0, unit="s", curve="square"),
    *_directions("direction", "all layers"),
    *_directions("coarse", "the coarse layers (composition)"),
    *_directions("middle", "the middle layers (forms)"),
    *_directions("fine", "the fine layers (colour and texture)"),
    Parameter(
        "bpm",
        "Tempo: beats a minute.",
        minimum=20.0,
        maximum=300.0,
        default=120.0,
        unit="bpm",
        slew_s=0.0,
    ),
    Parameter(
        "loop.record",
        "Keep what hands do, as loops.",
        kind="toggle",
        key="o",
        slew_s=0.0,
    ),
    Parameter("loop.play", "Repeat the loops.", kind="toggle", default=1.0, key="i", slew_s=0.0),
    Parameter("loop.clear", "Forget all loops.", kind="trigger", key="u"),
    Parameter(
        "loop.beats",
        "How long a new loop is: 1, 2, 4, 8 or 16.",
        minimum=1.0,
        maximum=16.0,
        default=4.0,
        unit="beats",
        step=1.0,
        slew_s=0.0,
    ),
    Parameter("record", "Record the take, or pause it.", kind="toggle", key="r", slew_s=0.0),
    Parameter("video", "Record a video of the show.", kind="toggle", key="v", slew_s=0.0),
    Parameter("next_seed", "Glide to the next picture.", kind="trigger", key="n"),
    Parameter("blackout", "Fade to black, and back.", kind="toggle", key="b", slew_s=0.1),
    Parameter("freeze", "Hold the frame, and go on.", kind="toggle", key="space", slew_s=0.0),
    Parameter("panic", "Back to how the patch starts.", kind="trigger", key="p"),
    *_scenes(),
)

BY_NAME = {parameter.name: parameter for parameter in TABLE}
BY_ADDRESS = {parameter.address: parameter for parameter in TABLE}
INDEX = {parameter.name: i for i, parameter in enumerate(TABLE)}
