"""Scenes: the morph's ends, its frame rate, the hand that leaves it, and scene → text → scene."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performer.parameters import TABLE
from performer.patch import parse_patch
from performer.scenes import Morph, scene_toml
from performer.schema import Scene

FAR = Scene("Far", 2.0, {"psi": 1.0, "hue": 100.0, "seed": 9.0, "mirror": 3.0, "freeze": 1.0})
HERE = {"psi": 0.0, "hue": 0.0, "seed": 0.0, "mirror": 0.0, "freeze": 0.0}


def test_seeds_steps_and_toggles_switch_at_once_and_the_rest_morphs() -> None:
    morph = Morph(FAR, HERE)
    first = morph.advance(0.0)
    assert first == {"seed": 9.0, "mirror": 3.0, "freeze": 1.0, "psi": 0.0, "hue": 0.0}
    assert morph.advance(1.0) == {"psi": 0.5, "hue": 50.0}
    assert not morph.done
    assert morph.advance(1.0) == {"psi": 1.0, "hue": 100.0}
    assert morph.done
    assert morph.advance(1.0) == {}


def test_a_scene_without_a_morph_arrives_at_once() -> None:
    morph = Morph(Scene("Cut", 0.0, FAR.values), HERE)
    assert morph.advance(0.0) == FAR.values
    assert morph.done


def test_it_begins_and_ends_at_rest() -> None:
    morph = Morph(FAR, HERE)
    assert morph.advance(0.02)["psi"] < 0.001
    assert morph.advance(1.96)["psi"] > 0.999


def test_a_parameter_touched_by_hand_leaves() -> None:
    morph = Morph(FAR, HERE)
    morph.leave("psi")
    morph.leave("seed")
    morph.leave("zoom")
    assert morph.advance(1.0).keys() == {"hue", "mirror", "freeze"}


def test_every_frame_rate_takes_the_same_way() -> None:
    slow, fast = Morph(FAR, HERE), Morph(FAR, HERE)
    for _ in range(12):
        slow_values = slow.advance(1 / 12)
    for _ in range(144):
        fast_values = fast.advance(1 / 144)
    assert slow_values == pytest.approx(fast_values)


def values_of(parameter) -> st.SearchStrategy[tuple[str, float]]:
    value = st.floats(parameter.minimum, parameter.maximum)
    if parameter.kind == "toggle" or parameter.step:
        value = st.sampled_from([parameter.minimum, parameter.maximum])
    return st.tuples(st.just(parameter.name), value)


VALUES = st.lists(
    st.sampled_from([p for p in TABLE if p.kind != "trigger"]).flatmap(values_of), max_size=12
).map(dict)


SCENES = st.builds(Scene, name=st.text(max_size=20), morph_s=st.floats(0.0, 3600.0), values=VALUES)


@given(SCENES, st.sampled_from("123456789"))
def test_scene_to_text_to_scene_is_the_identity(scene: Scene, key: str) -> None:
    text = 'version = 1\nname = "Test"\n' + scene_toml(key, scene)
    assert parse_patch(text, Path("test.toml")).scenes == {key: scene}
