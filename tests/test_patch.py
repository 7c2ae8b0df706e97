"""The patch file: what it may say, the line of every error, and all that ships."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.dials import dials
from performer.parameters import BY_NAME
from performer.patch import (
    Controller,
    Patch,
    PatchError,
    load_controller,
    load_patch,
    match_controller,
    model_path,
    parse_controller,
    parse_patch,
    path_of,
)
from performer.toml_lines import key_lines, line_of

ROOT = Path(__file__).parent.parent / "patches"
PATCHES = sorted(ROOT.glob("*.toml"))
CONTROLLERS = sorted((ROOT / "controllers").glob("*.toml"))
DRIFT = Path("/stage/drift.toml")

# Seven lines: entries that are appended begin on line 8.
HEAD = """\
version = 1
name = "Drift"
about = '''
[[bindings]]
'''
start = { psi = 0.7 }  # [[bindings]]

"""
BINDING = '[[bindings]]\nsource = "cc 16"\nparameter = "direction.1"\n'
BUTTON = '[[bindings]]\nsource = "cc 16"\nparameter = "panic"\n'
MOVED = '[[modulators]]\nparameter = "hue"\ndepth = 0.1\n'
MODULATOR = '[[modulators]]\nshape = "sine"\nparameter = "hue"\nrate_hz = 0.1\n'


def listen(source: str) -> str:
    """A binding whose source stands on line 9."""
    return f'[[bindings]]\nsource = "{source}"\nparameter = "psi"\n'


WRONG = [
    (
        BINDING + BINDING + 'takeover = "pick"\n',
        14,
        'bindings[2].takeover: "pick" is not allowed; use none, pickup or scale',
    ),
    (
        BINDING + 'curve = "log"\n',
        11,
        'bindings[1].curve: "log" is not allowed; use linear, square, root or smooth',
    ),
    (BINDING + "rnage = [0, 1]\n", 11, "bindings[1].rnage: is unknown; did you mean range?"),
    ('[[bindings]]\n\nparameter = "psi"\n', 8, "bindings[1]: source is missing"),
    (BINDING + "channel = 17\n", 11, "bindings[1].channel: 17 is not allowed; use 1 to 16"),
    (BINDING + 'channel = "1"\n', 11, "bindings[1].channel: must be a whole number"),
    (BINDING + "range = [\n-3,\n 9]\n", 11, "bindings[1].range: 9 is not allowed; use -5 to 5"),
    (BINDING + "range = [1, nan]\n", 11, "bindings[1].range: nan is not allowed"),
    (BINDING + "range = [1, 1]\n", 11, "bindings[1].range: needs two different ends"),
    (BINDING + "range = [1]\n", 11, "bindings[1].range: must be an array of length 2, not 1"),
    (BINDING + "slew_s = -1\n", 11, "bindings[1].slew_s: -1 is not allowed; use 0 to 3600"),
    (BUTTON + "slew_s = 1\n", 11, "bindings[1].slew_s: panic changes at once; leave it out"),
    (BUTTON + "range = [0, 1]\n", 11, "bindings[1].range: panic is a trigger; leave it out"),
    (BUTTON + 'curve = "root"\n', 11, "bindings[1].curve: panic is a trigger; leave it out"),
    (listen("cc 128"), 9, "bindings[1].source: cc needs a number from 0 to 127"),
    (listen("cc14 32"), 9, "bindings[1].source: cc14 needs a number from 0 to 31"),
    (listen("knob 3"), 9, 'bindings[1].source: "knob 3" is not allowed; use cc N, cc14 N'),
    (listen("osc x"), 9, "bindings[1].source: osc needs a plain address"),
    (listen("osc /*"), 9, "bindings[1].source: osc needs a plain address"),
    (
        '[[bindings]]\nsource = "osc /x"\nchannel = 1\nparameter = "psi"\n',
        10,
        "bindings[1].channel: osc has no channel",
    ),
    (
        '[[bindings]]\nsource = "note 1"\ntakeover = "scale"\nparameter = "psi"\n',
        10,
        "bindings[1].takeover: note has no position",
    ),
    (
        '[[bindings]]\nsource = "cc 1"\n"parameter" = "psy"\n',
        10,
        'bindings[1].parameter: there is no parameter "psy"; did you mean psi?',
    ),
    (
        listen("note 1") + 'relative = "twos"\n',
        11,
        "bindings[1].relative: note is no endless encoder",
    ),
    (
        BUTTON + 'relative = "twos"\n',
        11,
        "bindings[1].relative: panic is a trigger",
    ),
    (
        BINDING + 'takeover = "none"\nrelative = "twos"\n',
        12,
        "bindings[1].relative: needs no takeover",
    ),
    (
        BINDING + 'relative = "two"\n',
        11,
        'bindings[1].relative: "two" is not allowed; use twos, offset, offset16, signed or',
    ),
    (listen("bend") + "latching = true\n", 11, "bindings[1].latching: bend is no button"),
    ("bindings = [\n{ source = 'cc 1' }]\n", 8, "bindings[1]: parameter is missing"),
    ("bindings = 3\n", 8, "bindings: must be written [[bindings]]"),
    (MODULATOR + "depth = 1.5\n", 12, "modulators[1].depth: 1.5 is not allowed; use -1 to 1"),
    (MODULATOR + "depth = inf\n", 12, "modulators[1].depth: inf is not allowed"),
    (MODULATOR + "depth = 1\nseed = -1\n", 13, "modulators[1].seed: -1 is not allowed"),
    (MODULATOR + "depth = 1\nbeats = 4\n", 8, "modulators[1]: needs rate_hz (turns a second) or"),
    (
        MODULATOR.replace("rate_hz = 0.1\n", "depth = 1\n"),
        8,
        "modulators[1]: needs rate_hz (turns a second) or",
    ),
    (
        MODULATOR.replace("rate_hz = 0.1", "beats = 0") + "depth = 1\n",
        11,
        "modulators[1].beats: 0 is not allowed; use 0.0625 to 4096",
    ),
    (BUTTON + "quantise = 4\n", 11, "bindings[1].quantise: panic does not wait; leave it out"),
    (
        BUTTON.replace("panic", "next_seed") + "quantise = 99\n",
        11,
        "bindings[1].quantise: 99 is not allowed; use 0 to 64",
    ),
    (
        MODULATOR.replace("hue", "panic") + "depth = 1\n",
        10,
        "modulators[1].parameter: panic is a trigger",
    ),
    (
        MODULATOR.replace("hue", "freeze") + "depth = 1\n",
        10,
        "modulators[1].parameter: freeze is a toggle",
    ),
    (
        MODULATOR.replace("sine", "sin") + "depth = 1\n",
        9,
        'modulators[1].shape: "sin" is not allowed; use sine,',
    ),
    (MOVED, 8, "modulators[1]: has no kind; use one of shape, source, trigger or expression"),
    (
        MOVED + 'shape = "sine"\ntrigger = "beat"\nrate_hz = 1\n',
        8,
        "modulators[1]: has shape and trigger; use one of shape, source, trigger or expression",
    ),
    (
        MOVED + 'source = "beat"\nrate_hz = 1\n',
        12,
        "modulators[1].rate_hz: is of another kind; source has attack_s, release_s, gain or thresh",
    ),
    (
        MOVED + 'expression = "psi"\nphase = 1\n',
        12,
        "modulators[1].phase: is of another kind; expression has nothing of its own",
    ),
    (
        MOVED + 'source = "sound.base"\n',
        11,
        'modulators[1].source: "sound.base" cannot be read; did you mean sound.bass?',
    ),
    (
        MOVED + 'source = "?"\n',
        11,
        'modulators[1].source: "?" cannot be read; use sound.level, sound.bass, sound.mid',
    ),
    (
        MOVED + 'source = "next_seed"\n',
        11,
        'modulators[1].source: "next_seed" cannot be read; did you mean',
    ),
    (MOVED + 'source = "beat"\ngain = -1\n', 12, "modulators[1].gain: -1 is not allowed"),
    (MOVED + 'source = "beat"\nthreshold = 1\n', 12, "modulators[1].threshold: 1 is not allowed"),
    (MOVED + 'source = "beat"\nattack_s = nan\n', 12, "modulators[1].attack_s: nan is not"),
    (
        MOVED + 'trigger = "psi"\n',
        11,
        'modulators[1].trigger: "psi" is not allowed; use sound.onset, beat, bar, note N, key NAME',
    ),
    (
        MOVED + 'trigger = "note 128"\n',
        11,
        "modulators[1].trigger: note needs a number from 0 to 127",
    ),
    (MOVED + 'trigger = "beat"\ndecay_s = -1\n', 12, "modulators[1].decay_s: -1 is not allowed"),
    (
        MOVED + 'expression = "psy + 1"\n',
        11,
        'modulators[1].expression: "psy" cannot be read; did you mean psi?',
    ),
    (
        MOVED + 'expression = "psi ** 2"\n',
        11,
        'modulators[1].expression: "psi ** 2" is not allowed; allowed are numbers, names',
    ),
    (
        MOVED + 'expression = "modulation[2]"\n',
        11,
        'modulators[1].expression: "modulation.2" cannot be read; did you mean modulation.1?',
    ),
    (
        MOVED + 'source = "beat"\nname = "A b"\n',
        12,
        "modulators[1].name: is not allowed; use up to 24 of a-z, 0-9 and _, a letter first",
    ),
    (
        2 * (MOVED + 'source = "beat"\nname = "a"\n'),
        17,
        "modulators[2].name: a is the name of another modulator; use each name once",
    ),
    (
        MOVED.replace('"hue"', '"modulation.sway.depth"') + 'source = "beat"\n',
        9,
        'modulators[1].parameter: there is no parameter "modulation.sway.depth"',
    ),
    ("[scenes.10]\nvalues = {}\n", 8, "scenes.10: is not allowed; use scenes.1 to scenes.9"),
    ("[scenes.1]\nmorph_s = -1\n", 9, "scenes.1.morph_s: -1 is not allowed"),
    (
        "[scenes.1]\nmorph_s = 1\nmorph_beats = 1\n",
        10,
        "scenes.1.morph_beats: stands beside morph_s; use one of them",
    ),
    ("[scenes.1]\nwalk = -1\n", 9, "scenes.1.walk: -1 is not allowed; use 0 to 1e+09"),
    ("[scenes.1]\nwhole = 1\n", 9, "scenes.1.whole: must be true or false, not a whole number"),
    ('[[cues]]\nname = "In"\n', 8, "cues[1]: needs a scene or values"),
    ('[[cues]]\nscene = "3"\n', 9, 'cues[1].scene: the patch has no scene "3"; it has: none'),
    ("[[cues]]\nscene = 3\n", 9, "cues[1].scene: must be text, not a whole number"),
    (
        "[scenes.1]\n[scenes.2]\n[[cues]]\nvalues = { psi = 1 }\n[[cues]]\nscene = '9'\n",
        13,
        'cues[2].scene: the patch has no scene "9"; it has: 1, 2',
    ),
    ("[[cues]]\nvalues = { psi = 9 }\n", 9, "cues[1].values.psi: 9 is not allowed"),
    ("[[cues]]\nvalues = { psi = 1 }\nfollow_s = -1\n", 10, "cues[1].follow_s: -1 is not"),
    (
        "[[cues]]\nvalues = { psi = 1 }\nfollow_s = 1\nfollow_beats = 1\n",
        11,
        "cues[1].follow_beats: stands beside follow_s",
    ),
    ("[[cues]]\nfolow_s = 1\n", 9, "cues[1].folow_s: is unknown; did you mean follow_s?"),
    ("cues = 1\n", 8, "cues: must be written [[cues]]"),
    ('[xy]\nscenes = ["1"]\n', 9, "xy.scenes: must be an array of length 4, not 1"),
    (
        "[scenes.1]\n[xy]\nscenes = ['1', '1', '1', '4']\n",
        10,
        'xy.scenes: the patch has no scene "4"; it has: 1',
    ),
    ("[xy]\n", 8, "xy: scenes is missing"),
    (
        "[scenes.1]\nvalues = { psi = 9 }\n",
        9,
        "scenes.1.values.psi: 9 is not allowed; use 0 to 1.5",
    ),
    (
        "[scenes.1.values]\nwalk.sped = 9\n",
        9,
        'scenes.1.values.walk.sped: there is no parameter "walk.sped"; did you mean walk.speed?',
    ),
    (
        "[scenes.1.values]\n\n'scene.2' = 1\n",
        10,
        "scenes.1.values.scene.2: is a trigger and has no value",
    ),
    (
        "[scenes.1.values]\nmirror = 1.5\n",
        9,
        "scenes.1.values.mirror: 1.5 is not allowed; use a whole number",
    ),
    ("[scenes.1.values]\npsi = '1'\n", 9, "scenes.1.values.psi: must be a number"),
    ("[scenes.1.values]\npsi = true\n", 9, "scenes.1.values.psi: must be a number"),
    (
        "[scenes.1.values]\nwalk.speed = 1\n'walk.speed' = 1\n",
        10,
        "scenes.1.values.walk.speed: is written twice",
    ),
    ("[scenes.1.values]\npsi = " + "9" * 400 + "\n", 9, "scenes.1.values.psi: "),
    ("[[scenes]]\n", 8, "scenes: must be a table"),
    ("[sceens.1]\n", 8, "sceens: is unknown; did you mean scenes?"),
    ("effects = ['zoom', 'blom']\n", 8, 'effects: there is no effect "blom"; did you mean bloom?'),
    ("effects = ['zoom', 'zoom']\n", 8, "effects: zoom is written twice"),
    ("effects = 'zoom'\n", 8, "effects: must be an array"),
    ("model = 'x.pkl'\n", 8, 'model: "x.pkl" is not allowed; use "starter" or a .safetensors file'),
    ('scenes = { 1 = { name = "a\\u001b[2Jb" } }\n', 8, "scenes.1.name: holds a control character"),
    ('"a\\u001b]0;b" = 1\n', 8, "a?]0;b: holds a control character"),
    ("x = = 1\n", 8, "Invalid value"),
    ("[[[[\n", 8, ""),
    ("x = [\n", 8, "Invalid value"),
]


@pytest.mark.parametrize(("text", "line", "reason"), WRONG)
def test_errors_name_the_line_and_the_entry(text: str, line: int, reason: str) -> None:
    for newline in ("\n", "\r\n"):
        with pytest.raises(PatchError) as caught:
            parse_patch((HEAD + text).replace("\n", newline), DRIFT)
        assert str(caught.value).startswith(f"drift.toml:{line}: {reason}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "drift.toml:1: version is missing"),
        ("\nversion = 2\nx = 1", "drift.toml:2: version: this file needs a newer performer; "),
        ("version = 0", "drift.toml:1: version: must be 1"),
        ("version = '1'", "drift.toml:1: version: must be 1"),
        ("version = 1", "drift.toml:1: name is missing"),
        ("version = 1\nname = 3", "drift.toml:2: name: must be text, not a whole number"),
        ("x = " + "[" * 20_000, "drift.toml: is nested too deeply"),
        (".".join("a" * 20_000) + " = 1", "drift.toml: is nested too deeply"),
        ("x = {" + "a={" * 300 + "}" * 301, "drift.toml: is nested too deeply"),
        ('version = 1\nx = """' + ".".join("a" * 30) + '"""', "drift.toml:2: x: is unknown; "),
        ("x = " + "9" * 5000, "drift.toml: "),
    ],
)
def test_errors_of_the_whole_file(text: str, message: str) -> None:
    with pytest.raises(PatchError) as caught:
        parse_patch(text, DRIFT)
    assert str(caught.value).startswith(message)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    with pytest.raises(PatchError, match="no such file"):
        load_patch(path)
    with pytest.raises(PatchError, match="cannot be read"):
        load_patch(tmp_path)
    path.write_bytes(b"version = 1\nname = '\xff'\n")
    with pytest.raises(PatchError, match=r"^x\.toml:2: is not UTF-8"):
        load_patch(path)
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(PatchError, match="larger than 1 MB"):
        load_patch(path)
    path.write_bytes(b"\xef\xbb\xbfversion = 1\r\nname = 'x'\r\n")
    assert load_patch(path).name == "x"


def test_a_full_patch() -> None:
    text = """
version = 1
name = "Full"
model = "nets/sea.safetensors"
effects = ["bloom", "zoom"]
[start]
psi = 1
walk.speed = 0.1
"walk.reach" = 0.2
freeze = true
[[bindings]]
source = "cc 16"
parameter = "direction.1"
range = [3, -3]
[scenes.1]
values = { "direction.1" = 2, psi = 0.5 }
"""
    patch = parse_patch(text, DRIFT)
    assert patch.start == {"psi": 1.0, "walk.speed": 0.1, "walk.reach": 0.2, "freeze": 1.0}
    assert patch.effects == ("bloom", "zoom")
    assert patch.bindings[0].range == (3.0, -3.0)
    assert patch.scenes["1"].values == {"direction.1": 2.0, "psi": 0.5}
    assert model_path(patch, DRIFT) == Path("/stage/nets/sea.safetensors")


def test_a_modulators_name_stands_for_its_place() -> None:
    text = HEAD + (
        '[[bindings]]\nsource = "cc 1"\nparameter = "modulation.sway.depth"\n'
        '[[modulators]]\nsource = "beat"\nparameter = "hue"\ndepth = 0.1\n'
        '[[modulators]]\nname = "sway"\nexpression = "modulation.sway.rate"\nparameter = "hue"\n'
        'depth = 1\n[scenes.1]\nvalues = { "modulation.sway.rate" = 2 }\n'
    )
    patch = parse_patch(text, DRIFT)
    assert patch.bindings[0].parameter == "modulation.2.depth"
    assert patch.scenes["1"].values == {"modulation.2.rate": 2.0}
    assert [modulator.kind for modulator in patch.modulators] == ["source", "expression"]


def test_a_patch_names_models_for_its_decks() -> None:
    text = 'version = 1\nname = "Two"\ndeck_b = "b.safetensors"\n'
    models = '[models]\n1 = "starter"\n9 = "nets/sea.safetensors"\n'
    patch = parse_patch(text + models, DRIFT)
    assert patch.deck_b == "b.safetensors" and parse_patch(text[:25], DRIFT).deck_b == ""
    assert patch.models == {"1": "starter", "9": "nets/sea.safetensors"}
    assert path_of("starter", DRIFT) is None
    assert path_of("nets/sea.safetensors", DRIFT) == Path("/stage/nets/sea.safetensors")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'deck_b = "b.pkl"',
            'deck_b: "b.pkl" is not allowed; use "starter" or a .safetensors file',
        ),
        ('[models]\n10 = "starter"', "models.10: is not allowed; use models.1 to models.9"),
        ("[models]\n1 = 2", 'models.1: "2" is not allowed; use "starter" or a .safetensors file'),
    ],
)
def test_what_can_be_no_model_is_named(line: str, said: str) -> None:
    with pytest.raises(PatchError, match=re.escape(said)):
        parse_patch(f'version = 1\nname = "Two"\n{line}\n', DRIFT)


def test_key_lines() -> None:
    text = (
        'a.b = 1\n"c.d" = """\nx = 1\n"""\n[[t]]\nx = [\n1,\n2 ] # y\n'
        "[[t.u]]\n[t.v]\nz = 1\n[[t]]\nx={a=1}"
    )
    lines = key_lines(text)
    assert lines == {
        **{
            "a": 1,
            "a.b": 1,
            "c": 2,
            "c.d": 2,
            "t": 5,
            "t[1]": 5,
            "t[1].x": 6,
            "t[1].u": 9,
            "t[1].u[1]": 9,
            "t[1].v": 10,
        },
        **{"t[1].v.z": 11, "t[2]": 12, "t[2].x": 13},
    }
    assert line_of(lines, "t[2].x.a") == 13
    assert line_of(lines, "nothing") == 1


@given(st.text(alphabet="[]{}=.\"'#\\ \nab1,", max_size=60))
def test_any_text_is_a_patch_or_a_patch_error(text: str) -> None:
    for parse in (parse_patch, parse_controller):
        with pytest.raises(PatchError):
            parse(text, DRIFT)


@pytest.mark.parametrize("path", PATCHES, ids=lambda path: path.stem)
def test_every_shipped_patch_is_tasteful(path: Path) -> None:
    patch = load_patch(path)
    assert patch.name.lower() == path.stem
    assert patch.about.endswith(".")
    assert model_path(patch, path) is None
    assert len(patch.scenes) >= 3
    for values in (patch.start, *(patch.start | scene.values for scene in patch.scenes.values())):
        assert max(pushes(patch, values).values(), default=0.0) <= 5.0
    for binding in patch.bindings:
        if BY_NAME[binding.parameter].unit == "steps":
            assert max(map(abs, binding.range or (5.0, 5.0))) <= 3.0


def pushes(patch: Patch, values: dict[str, float]) -> dict[str, float]:
    """The farthest that each direction is pushed, by its value and its modulators, in steps."""
    far = {name: abs(value) for name, value in values.items() if BY_NAME[name].unit == "steps"}
    for modulator in patch.modulators:
        parameter = BY_NAME[modulator.parameter]
        if parameter.unit == "steps":
            reach = abs(modulator.depth) * (parameter.maximum - parameter.minimum)
            far[parameter.name] = far.get(parameter.name, 0.0) + reach
    return far


def test_shipped_patches_differ() -> None:
    patches = [load_patch(path) for path in PATCHES]
    assert [patch.name for patch in patches] == [
        "Drift",
        "Gallery",
        "Listen",
        "Mirror",
        "Pulse",
        "Storm",
    ]
    assert len({tuple(sorted(patch.start.items())) for patch in patches}) == len(patches)


@pytest.mark.parametrize(
    ("port", "name"),
    [
        ("nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTR 20:0", "Korg nanoKONTROL2"),
        ("MIDI Mix:MIDI Mix MIDI 1 24:0", "Akai MIDImix"),
        ("Akai APC40 MkII 1", "Akai APC40 mkII"),
        ("LPD8 20:0", "Akai LPD8"),
        ("Launch Control XL 0", "Novation Launch Control XL"),
        ("X-TOUCH MINI MIDI 1", "Behringer X-Touch Mini"),
        ("Midi Through Port-0", None),
    ],
)
def test_a_port_finds_its_profile(port: str, name: str | None) -> None:
    found = match_controller([load_controller(path) for path in CONTROLLERS], port)
    assert (found.name if found else None) == name


@pytest.mark.parametrize("path", CONTROLLERS, ids=lambda path: path.stem)
def test_every_profile_plays_a_show(path: Path) -> None:
    profile = load_controller(path)
    bindings = (*profile.bindings, *dials(profile, "port", ()))
    parameters = [binding.parameter for binding in bindings]
    assert {"direction.1", "psi", "next_seed", "blackout", "freeze", "panic"} <= set(parameters)
    places = [(binding.source, binding.channel) for binding in bindings]
    assert len(set(places)) == len(places)
    assert len(set(parameters)) == len(parameters)


def test_the_longest_match_wins() -> None:
    short, long = Controller("s", ("nano",), ()), Controller("l", ("nanoK",), ())
    assert match_controller([short, long, short], "NANOKONTROL") is long


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "match is missing"),
        ("match = []\n", 3, "match: needs parts of the port's name"),
        ("match = ['x']\n[controls]\nknob = 'cc'\n", 5, "controls.knob: cc needs a number"),
        ("match = ['x']\n[controls]\nknob = 3\n", 5, "controls.knob: must be text"),
        ("match = ['x']\n" + BINDING + "port = 'x'\n", 7, "bindings[1].port: is the device's own"),
        ("match = ['x']\n[start]\n", 4, "start: is unknown"),
    ],
)
def test_errors_of_profiles(text: str, line: int, reason: str) -> None:
    with pytest.raises(PatchError) as caught:
        parse_controller("version = 1\nname = 'X'\n" + text, Path("x.toml"))
    assert str(caught.value).startswith(f"x.toml:{line}: {reason}")
