"""What a patch holds, in words."""

from pathlib import Path

from performer.outline import LONGEST, CueLine, outline_of
from performer.panel.board import MAX_STATUS_BYTES
from performer.panel.panel import LOG_LINES, as_json
from performer.parameters import CUES
from performer.patch import parse_patch
from performer.status import Status
from tests.tiny_model import still_patch

PATCH = """version = 1
name = "x"
[models]
2 = "sea/deep-sea.safetensors"
[scenes.1]
name = "Water"
[scenes.3]
[xy]
scenes = ["1", "3", "3", "1"]
[[cues]]
name = "Doors"
scene = "1"
follow_s = 2.5
[[cues]]
scene = "1"
follow_beats = 16
[[cues]]
scene = "3"
[[cues]]
values = { hue = 3 }
"""


def test_names_are_the_patches_own_or_else_plain() -> None:
    outline = outline_of(parse_patch(PATCH, Path("x.toml")))
    assert outline.titles == {"scene.1": "Water", "scene.3": "Scene 3", "model.2": "deep-sea"}
    assert outline.corners == ("Water", "Scene 3", "Scene 3", "Water")
    assert outline.cues == (
        CueLine("Doors", "2.5 s"),
        CueLine("Water", "16 beats"),
        CueLine("Scene 3", ""),
        CueLine("", ""),
    )


def test_a_patch_without_any_has_none() -> None:
    outline = outline_of(still_patch())
    assert (outline.titles, outline.cues, outline.corners) == ({}, (), ())


def test_the_longest_list_in_any_script_fits_on_the_board() -> None:
    named = "".join(
        f'[[cues]]\nname = "{"夜" * 200}"\nvalues = {{ hue = 1 }}\n' for _ in range(CUES)
    )
    outline = outline_of(parse_patch(f'version = 1\nname = "x"\n{named}', Path("x.toml")))
    assert all(len(cue.name) == LONGEST for cue in outline.cues)
    fields = dict.fromkeys(Status.__dataclass_fields__, "")
    status = Status(**{**fields, "outline": outline})  # type: ignore[arg-type]
    assert len(as_json(status, ["\x1b" * 200] * LOG_LINES)) < MAX_STATUS_BYTES
