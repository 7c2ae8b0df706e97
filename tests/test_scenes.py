"""Scenes: the morph's ends, its frame rate, the hand that leaves it, and what is stored."""

import msgspec
import pytest

from performer.parameters import BY_NAME
from performer.scenes import DEFAULTS, STORED_MORPH_S, Morph, cue_scene, stored_scene, whole_values
from performer.schema import Cue, Scene

FAR = Scene("Far", 2.0, {"psi": 1.0, "hue": 100.0, "seed": 9.0, "mirror": 3.0, "freeze": 1.0})
HERE = {"psi": 0.0, "hue": 0.0, "seed": 0.0, "mirror": 0.0, "freeze": 0.0}


def test_seeds_steps_and_toggles_switch_at_once_and_the_rest_morphs() -> None:
    morph = Morph(FAR, HERE.__getitem__)
    first = morph.advance(0.0)
    assert first == {"seed": 9.0, "mirror": 3.0, "freeze": 1.0, "psi": 0.0, "hue": 0.0}
    assert morph.advance(1.0) == {"psi": 0.5, "hue": 50.0}
    assert not morph.done
    assert morph.advance(1.0) == {"psi": 1.0, "hue": 100.0}
    assert morph.done
    assert morph.advance(1.0) == {}


def test_a_scene_without_a_morph_arrives_at_once() -> None:
    morph = Morph(Scene("Cut", 0.0, FAR.values), HERE.__getitem__)
    assert morph.advance(0.0) == FAR.values
    assert morph.done


def test_it_begins_and_ends_at_rest() -> None:
    morph = Morph(FAR, HERE.__getitem__)
    assert morph.advance(0.02)["psi"] < 0.001
    assert morph.advance(1.96)["psi"] > 0.999


def test_a_parameter_touched_by_hand_leaves() -> None:
    morph = Morph(FAR, HERE.__getitem__)
    morph.leave("psi")
    morph.leave("seed")
    morph.leave("zoom")
    assert morph.advance(1.0).keys() == {"hue", "mirror", "freeze"}


def test_every_frame_rate_takes_the_same_way() -> None:
    slow, fast = Morph(FAR, HERE.__getitem__), Morph(FAR, HERE.__getitem__)
    for _ in range(12):
        slow_values = slow.advance(1 / 12)
    for _ in range(144):
        fast_values = fast.advance(1 / 144)
    assert slow_values == pytest.approx(fast_values)


def test_a_morph_in_beats_waits_for_the_music() -> None:
    morph = Morph(msgspec.structs.replace(FAR, morph_s=0.0, morph_beats=4.0), HERE.__getitem__)
    assert morph.advance(60.0, 0.0)["hue"] == 0.0
    assert morph.advance(0.0, 2.0) == {"psi": 0.5, "hue": 50.0}
    assert morph.share == 0.5 and not morph.done
    assert morph.advance(0.0, 2.5) == {"psi": 1.0, "hue": 100.0}
    assert morph.share == 1.0 and morph.done


def test_a_whole_scene_brings_all_else_to_its_default() -> None:
    here = DEFAULTS | {"hue": 90.0, "direction.3": 2.0}
    morph = Morph(Scene(morph_s=1.0, values={"psi": 1.0}, whole=True), here.__getitem__)
    arrived = morph.advance(1.0)
    assert arrived["hue"] == 0.0 and arrived["direction.3"] == 0.0 and arrived["psi"] == 1.0
    assert "bpm" not in arrived and "xy.mix" not in arrived and "blackout" not in arrived


def test_what_is_stored_is_the_whole_look_in_few_words() -> None:
    here = DEFAULTS | {"hue": 90.123456, "mirror": 2.0, "seed": 7.0}
    scene = stored_scene(here.__getitem__, 3.14159265, None)
    assert scene.values == {"hue": 90.1235, "mirror": 2.0, "seed": 7.0}
    assert scene.whole and scene.walk == 3.1416 and scene.morph_s == STORED_MORPH_S
    assert whole_values(scene) == DEFAULTS | scene.values
    assert all(BY_NAME[name].clamp(value) == value for name, value in scene.values.items())


def test_storing_again_keeps_the_name_and_the_morph() -> None:
    before = Scene("Deep", 0.0, {"psi": 0.2}, morph_beats=8.0)
    scene = stored_scene(DEFAULTS.__getitem__, 0.0, before)
    assert (scene.name, scene.morph_s, scene.morph_beats) == ("Deep", 0.0, 8.0)
    assert scene.values == {}


def test_a_cue_puts_its_own_words_on_its_scene() -> None:
    scenes = {"1": Scene("Deep", 4.0, {"psi": 0.2, "hue": 9.0}, whole=True, walk=2.0)}
    assert cue_scene(Cue(scene="1"), scenes) == scenes["1"]
    own = cue_scene(Cue("Dusk", "1", {"hue": -9.0}, morph_beats=16.0), scenes)
    assert own == Scene("Dusk", 0.0, {"psi": 0.2, "hue": -9.0}, 16.0, True, 2.0)
    assert cue_scene(Cue(values={"psi": 1.0}), scenes) == Scene(values={"psi": 1.0})
