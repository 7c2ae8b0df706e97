"""The parameter table: every control of the instrument, from which all else derives."""

from performer.effect_parameters import EFFECTS, FLASH_LIMIT
from performer.parameter import Curve, Parameter

DIRECTIONS = 16
SCENES = 9
CUES = 500
MODULATORS = 16
MODELS = 9
BENDS = 3


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


def _cues() -> tuple[Parameter, ...]:
    number = "The current cue; 0 is before the first. Setting it goes to that cue."
    return (
        Parameter("cue.go", "Go to the next cue.", kind="trigger", key="return", quantised=True),
        Parameter("cue.back", "Go back a cue.", kind="trigger", key="backspace", quantised=True),
        Parameter("cue.number", number, maximum=float(CUES), step=1.0, slew_s=0.0),
    )


def _xy() -> tuple[Parameter, ...]:
    return (
        Parameter("xy.x", "Between the scenes of the XY pad: left 0, right 1.", default=0.5),
        Parameter("xy.y", "Between the scenes of the XY pad: bottom 0, top 1.", default=0.5),
        Parameter("xy.mix", "From the parameters (0) to the scenes of the XY pad (1)."),
    )


def _modulation() -> tuple[Parameter, ...]:
    factors: tuple[tuple[str, str, float, Curve], ...] = (
        ("depth", "How deep modulator 1 goes, of what the patch says.", 2.0, "linear"),
        ("rate", "How fast modulator 1 goes; in beats, in halves and doubles.", 4.0, "square"),
    )
    amount = "How deep all modulators go, of what the patch says."
    return (
        Parameter("modulation.amount", amount, maximum=2.0, default=1.0, unit="x"),
        *(
            Parameter(
                f"modulation.{i}.{factor}",
                help.replace("1", str(i)),
                maximum=maximum,
                default=1.0,
                unit="x",
                curve=curve,
            )
            for factor, help, maximum, curve in factors
            for i in range(1, MODULATORS + 1)
        ),
    )


def _scenes() -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            f"scene.{i}", f"Recall scene {i} of the patch.", "trigger", key=str(i), quantised=True
        )
        for i in range(1, SCENES + 1)
    )


def _decks() -> tuple[Parameter, ...]:
    layers = {"coarse": "(composition)", "middle": "(forms)", "fine": "(colour and texture)"}
    seed = "The picture of deck B, which shares all other parameters."
    return (
        *(
            Parameter(
                f"model.{i}",
                f"Load model {i} of the patch on the deck that is seen less.",
                "trigger",
            )
            for i in range(1, MODELS + 1)
        ),
        Parameter("deck.mix", "Crossfade: from deck A (0) to deck B (1)."),
        Parameter(
            "deck.swap", "Fade to the other deck.", kind="trigger", key="tab", quantised=True
        ),
        Parameter(
            "deck.fade",
            "How long that fade takes.",
            maximum=30.0,
            default=2.0,
            unit="s",
            curve="square",
        ),
        _seed("deck.seed", 3.0, seed),
        *(
            Parameter(f"blend.{group}", f"Blend the {group} layers {what} towards deck B's model.")
            for group, what in layers.items()
        ),
    )


def _bends() -> tuple[Parameter, ...]:
    kinds = (
        "What bend 1 does: 0 scale, 1 ablate, 2 invert, 3 threshold, 4 noise, 5 swap, "
        "6 translate x, 7 translate y, 8 rotate, 9 zoom."
    )
    rows = (
        ("amount", "How far bend 1 goes: 0 is off.", -1.0, 1.0, 0.0, 0.0),
        ("kind", kinds, 0.0, 9.0, 8.0, 1.0),
        ("layer", "Where bend 1 is: 0 the coarsest layer, 1 the finest.", 0.0, 1.0, 0.25, 0.0),
        (
            "channels",
            "What bend 1 takes hold of: 0 all, 1 to 4 groups of channels that draw alike.",
            0.0,
            4.0,
            0.0,
            1.0,
        ),
    )
    return tuple(
        Parameter(
            f"bend.{name}.{i}",
            help.replace("bend 1", f"bend {i}"),
            minimum=minimum,
            maximum=maximum,
            default=default,
            step=step,
            slew_s=0.0 if step else 0.05,
        )
        for name, help, minimum, maximum, default, step in rows
        for i in range(1, BENDS + 1)
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
        "How fast the picture wanders by itself, on average: equal times show equal change.",
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
    *EFFECTS,
    *_directions("direction", "all layers"),
    *_directions("coarse", "the coarse layers (composition)"),
    *_directions("middle", "the middle layers (forms)"),
    *_directions("fine", "the fine layers (colour and texture)"),
    *_modulation(),
    Parameter(
        "bpm",
        "Tempo, in beats a minute.",
        minimum=20.0,
        maximum=300.0,
        default=120.0,
        unit="bpm",
        slew_s=0.0,
    ),
    Parameter("tap", "Tap the tempo: every beat, twice or more.", kind="trigger", key="t"),
    Parameter(
        "tempo.source",
        "Who leads: 0 the newest of MIDI clock and Link, 1 none, 2 MIDI clock, 3 Link.",
        maximum=3.0,
        step=1.0,
        slew_s=0.0,
    ),
    Parameter(
        "tempo.nudge",
        "Move the beat later (above 0) or earlier (below 0).",
        minimum=-200.0,
        maximum=200.0,
        unit="ms",
    ),
    Parameter("tempo.resync", "Beat one of the bar is now.", kind="trigger", key="y"),
    Parameter(
        "quantise",
        "Scenes, cues and the next picture wait for a multiple of this many beats; 0: no waiting.",
        maximum=16.0,
        unit="beats",
        step=1.0,
        slew_s=0.0,
    ),
    Parameter(
        "loop.record",
        "Record movements as loops.",
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
    Parameter(
        "autopilot.on",
        "Play by itself when nobody touches anything, if there are gestures (--autopilot).",
        kind="toggle",
        default=1.0,
        slew_s=0.0,
    ),
    Parameter(
        "autopilot.after",
        "How long nobody has touched anything before it does.",
        maximum=3600.0,
        default=60.0,
        unit="s",
        slew_s=0.0,
    ),
    Parameter("record", "Record the take, or pause it.", kind="toggle", key="r", slew_s=0.0),
    Parameter("video", "Record a video of the show.", kind="toggle", key="v", slew_s=0.0),
    Parameter("next_seed", "Glide to the next picture.", kind="trigger", key="n", quantised=True),
    Parameter("blackout", "Fade to black, and back.", kind="toggle", key="b", slew_s=0.1),
    FLASH_LIMIT,
    Parameter(
        "governor",
        "On with `serve`: spare costly effects, then fine detail, before frames come late.",
        kind="toggle",
        slew_s=0.0,
    ),
    Parameter("freeze", "Hold the frame, and go on.", kind="toggle", key="space", slew_s=0.0),
    Parameter("panic", "Back to how the patch starts.", kind="trigger", key="p"),
    *_scenes(),
    Parameter(
        "store",
        "The next scene asked for is stored.",
        kind="toggle",
        key="s",
        slew_s=0.0,
    ),
    *_cues(),
    *_xy(),
    Parameter("learn", "Bind a control: choose a parameter, move a knob.", "trigger", key="l"),
    Parameter("unlearn", "While learning: free the parameter of its control.", "trigger"),
    *_decks(),
    *_bends(),
)

BY_NAME = {parameter.name: parameter for parameter in TABLE}
BY_ADDRESS = {parameter.address: parameter for parameter in TABLE}
INDEX = {parameter.name: i for i, parameter in enumerate(TABLE)}
