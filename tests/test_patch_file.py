"""The patch's file: what is stored comes back, and every remark and line that it leaves stays."""

import difflib
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from performer.parameters import TABLE
from performer.patch import PatchError, load_patch, parse_patch
from performer.patch_file import PatchFile
from performer.paths import PATCHES, user_patch
from performer.plain_text import CONTROL
from performer.schema import Scene

TEXT = """\
# My show, for the small stage.
version = 1
name = "Mine"   # that is me

[start]
walk.speed = 0.2   # slow

# ---- pads ----
[scenes.1]   # the first
name = "Deep"
# as slow as it gets
morph_s = 6
values = { seed = 8, psi = 0.80, "walk.speed" = 0.14 }  # by hand

[scenes.3.values]
hue = 10   # warm
walk.speed = 0.5   # fast
fine.1 = 2

[[cues]]
scene = "1"  # opening
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "mine.toml"
    file.write_text(TEXT)
    return file


def changed(path: Path, before: str = TEXT) -> list[str]:
    """The lines that came and went."""
    lines = difflib.ndiff(before.splitlines(), path.read_text().splitlines())
    return [line for line in lines if line[0] in "+-"]


def test_a_stored_scene_changes_its_own_lines_alone(path: Path) -> None:
    scene = Scene("Deep", 6.0, {"seed": 8.0, "psi": 0.8, "hue": 5.5}, whole=True, walk=2.5)
    PatchFile(path).store_scene("1", scene)
    assert load_patch(path).scenes["1"] == scene
    assert changed(path) == [
        '- values = { seed = 8, psi = 0.80, "walk.speed" = 0.14 }  # by hand',
        "+ values = {seed = 8, psi = 0.8, hue = 5.5}  # by hand",
        "+ whole = true",
        "+ walk = 2.5",
    ]


def test_a_scene_in_a_table_of_its_own_keeps_the_remarks_of_what_stays(path: Path) -> None:
    scene = Scene("", 0.0, {"hue": 10.0, "walk.speed": 0.25, "psi": 1.0})
    PatchFile(path).store_scene("3", scene)
    assert load_patch(path).scenes["3"] == scene
    assert changed(path) == [
        "- walk.speed = 0.5   # fast",
        "+ walk.speed = 0.25   # fast",
        "- fine.1 = 2",
        "+ psi = 1",
    ]


def test_tables_in_any_order(path: Path) -> None:
    path.write_text(TEXT + "[scenes.4]\nvalues = { hue = 1 }  # late\n")
    for key in "1234":
        PatchFile(path).store_scene(key, Scene(values={"psi": 1.0}))
        assert load_patch(path).scenes[key] == Scene(values={"psi": 1.0})
    for remark in ("# My show", "# ---- pads", "# opening", "# late"):
        assert remark in path.read_text()


def test_a_new_scene_comes_in_and_the_same_again_changes_nothing(path: Path) -> None:
    file, scene = PatchFile(path), Scene("New", 2.0, {"psi": 1.0})
    file.store_scene("2", scene)
    assert load_patch(path).scenes["2"] == scene
    assert not [line for line in changed(path) if line[0] == "-"]
    written = path.read_bytes()
    file.store_scene("2", scene)
    assert path.read_bytes() == written


def test_a_patch_without_scenes_gets_its_first(path: Path) -> None:
    path.write_text('version = 1\nname = "Bare"')
    PatchFile(path).store_scene("5", Scene(values={"hue": 3.0}))
    assert load_patch(path).scenes == {"5": Scene(values={"hue": 3.0})}


def test_what_ships_is_left_alone_and_copied_with_its_remarks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    shipped = PATCHES / "drift.toml"
    before = shipped.read_text()
    file = PatchFile(shipped)
    scene = Scene("Mine", 1.0, {"hue": 1.0})
    file.store_scene("9", scene)
    assert file.path == user_patch(shipped) == tmp_path / "performer/patches/drift.toml"
    assert shipped.read_text() == before
    assert load_patch(file.path).scenes == load_patch(shipped).scenes | {"9": scene}
    assert not [line for line in changed(file.path, before) if line[0] == "-"]
    file.store_scene("8", scene)
    assert load_patch(file.path).scenes.keys() >= {"8", "9"}


@pytest.mark.parametrize("shipped", sorted(PATCHES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_patch_can_be_stored_into(shipped: Path, tmp_path: Path) -> None:
    path = tmp_path / shipped.name
    path.write_text(shipped.read_text())
    patch = load_patch(path)
    for key in "123456789":
        PatchFile(path).store_scene(key, Scene(f"S{key}", 1.0, {"psi": 1.0}, 0.0, True, 3.0))
    after = load_patch(path)
    assert len(after.scenes) == 9
    assert msgspec.structs.replace(after, scenes=patch.scenes) == patch


def test_a_file_that_cannot_be_read_or_written_is_one_sentence(path: Path) -> None:
    file = PatchFile(path)
    path.write_text(TEXT + "oops\n")
    with pytest.raises(PatchError, match=r"mine\.toml:22: "):
        file.store_scene("1", Scene())
    assert path.read_text().endswith("oops\n")
    path.unlink()
    with pytest.raises(PatchError, match="there is no such file"):
        file.store_scene("1", Scene())


def test_a_process_of_its_own_writes_the_same(path: Path) -> None:
    file, scene = PatchFile(path), Scene("Ü\t\n", 1.5, {"hue": 0.1}, 0.0, True, 2.5)
    file.store_scene_beside("2", scene)
    assert load_patch(path).scenes["2"] == scene
    path.write_text(TEXT.replace("0.2", '"x"'))
    with pytest.raises(PatchError, match=r"mine\.toml:6: start\.walk\.speed: must be a number"):
        file.store_scene_beside("2", scene)


def test_a_full_disk_leaves_the_file_and_nothing_beside_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PatchError, match="cannot be written: No space left"):
        PatchFile(path).store_scene("1", Scene())
    assert path.read_text() == TEXT and list(path.parent.iterdir()) == [path]


def test_a_link_stays_a_link(path: Path) -> None:
    link = path.with_name("link.toml")
    link.symlink_to(path)
    PatchFile(link).store_scene("2", Scene(values={"psi": 1.0}))
    assert link.is_symlink() and "2" in load_patch(path).scenes


def values_of(parameter) -> st.SearchStrategy[tuple[str, float]]:
    value = st.floats(parameter.minimum, parameter.maximum)
    if parameter.kind == "toggle" or parameter.step:
        value = st.sampled_from([parameter.minimum, parameter.maximum])
    return st.tuples(st.just(parameter.name), value)


VALUES = st.lists(
    st.sampled_from([p for p in TABLE if p.kind != "trigger"]).flatmap(values_of), max_size=12
).map(dict)
SCENES = st.builds(
    Scene,
    name=st.text(max_size=20).filter(lambda name: not CONTROL.search(name)),
    morph_s=st.floats(0.0, 3600.0),
    values=VALUES,
    whole=st.booleans(),
    walk=st.none() | st.floats(0.0, 1e6),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(SCENES, SCENES, st.sampled_from("12349"))
def test_scene_to_file_to_scene_is_the_identity(
    path: Path, first: Scene, second: Scene, key: str
) -> None:
    path.write_text(TEXT)
    for scene in (first, second):
        PatchFile(path).store_scene(key, scene)
        assert load_patch(path).scenes[key] == scene
    before, after = parse_patch(TEXT, path), load_patch(path)
    others = {k: scene for k, scene in before.scenes.items() if k != key}
    assert others.items() <= after.scenes.items() and after.cues == before.cues
    for remark in ("# My show", "# that is me", "# slow", "# ---- pads", "# as slow", "# opening"):
        assert remark in path.read_text()
