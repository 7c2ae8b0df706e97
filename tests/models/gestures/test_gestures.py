"""Gestures: the loop of images trains them, what is learnt is played, and files are safe."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from models.checkpoint import CheckpointError, load_checkpoint, save_tensors
from models.gestures.checkpoint import (
    METADATA_KEY,
    GestureManifest,
    GestureModel,
    LearntTake,
    load_gestures,
    make_generator,
    save_gestures,
)
from models.gestures.judge import Judge
from models.gestures.measures import measure, noise_walks
from models.gestures.player import LEAD_IN_S, GesturePlayer
from models.gestures.recipe import RATE_HZ, GestureRecipe
from models.gestures.trainer import GestureTrainer, Trace, draw_trace, span
from performer.paths import STARTER_MODEL
from tests.artist import FPS, positions

NAMES = ("hue", "zoom", "psi")
MANIFEST = GestureManifest(
    parameters=NAMES,
    hidden=8,
    noise=2,
    slow=1,
    rate_hz=RATE_HZ,
    kimg=0.0,
    loss="nonsaturating",
    seed=0,
    takes=(LearntTake("a.take", "0" * 64, 60.0),),
    made="now",
)
RECIPE = GestureRecipe(hidden=8, noise=2, slow=1, window=16, lead_in=8, batch=4)


def artist(seconds: float, seed: int) -> Trace:
    """What the artist of the tests does, as a take is read."""
    return positions(seconds, seed)[:: round(FPS / RATE_HZ)].astype(np.float32)


@pytest.fixture
def model() -> GestureModel:
    """A generator with lively random weights, whose parameters have ranges of their own."""
    torch.manual_seed(2)
    generator = make_generator(MANIFEST)
    for weight in (generator.heading.weight, generator.share.weight):
        torch.nn.init.normal_(weight, std=2.0)
    generator.low.copy_(torch.tensor([0.2, 0.0, 0.5]))
    generator.high.copy_(torch.tensor([0.4, 1.0, 0.9]))
    return GestureModel(generator.eval().requires_grad_(False), MANIFEST)


def played(model: GestureModel, seconds: float, fps: float, seed: int = 3) -> np.ndarray:
    player = GesturePlayer(model, seed)
    return np.array([player.step(1 / fps) for _ in range(round(seconds * fps))])


def test_the_player_is_the_network(model: GestureModel) -> None:
    """By the same noise numpy moves the hands as torch does."""
    generator, lead_in = model.generator, round(LEAD_IN_S * RATE_HZ)
    random = np.random.Generator(np.random.PCG64(3))
    slow = torch.from_numpy(random.standard_normal(1, np.float32))[None]
    state = generator.begin(torch.full((1, 3), 0.5), slow)
    hands = []
    for _ in range(lead_in + 40):
        noise = torch.from_numpy(random.standard_normal(3, np.float32))[None]
        state = generator.step(state, noise)
        hands.append(generator.low + (generator.high - generator.low) * state.hand[0])
    player = GesturePlayer(model, 3)
    for number in range(40):
        found = player.step(0.0 if number == 0 else 1 / RATE_HZ + 1e-12)
        expected = hands[lead_in - 2 + number]
        assert found == pytest.approx(expected.numpy(), abs=1e-4)


def test_a_gesture_is_the_same_at_every_frame_rate(model: GestureModel) -> None:
    slow, fast = played(model, 20, 16), played(model, 20, 64)
    assert slow == pytest.approx(fast[3::4], abs=1e-9)
    assert not np.allclose(slow, played(model, 20, 16, seed=4))


def test_it_stays_in_its_range_smooth_and_goes_on_for_ever(model: GestureModel) -> None:
    trace = played(model, 600, 30)
    low, high = model.generator.low.numpy(), model.generator.high.numpy()
    assert (trace >= low - 1e-6).all() and (trace <= high + 1e-6).all()
    assert trace[-900:].std(axis=0).min() > 0.01
    # Between two frames no more than a third of the way that a step of 0.1 s can be.
    assert (np.abs(np.diff(trace, axis=0)).max(axis=0) <= (high - low) / 3 + 1e-6).all()


def test_hands_rest_where_they_go_no_part_of_the_way(model: GestureModel) -> None:
    torch.nn.init.zeros_(model.generator.share.weight)
    torch.nn.init.constant_(model.generator.share.bias, -4.0)
    assert np.ptp(played(model, 10, 30), axis=0).max() == 0.0


def weights(trainer: GestureTrainer) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in trainer.state().items()}


def test_the_four_steps_train_it_and_a_stopped_run_goes_on_as_if_it_never_had() -> None:
    traces = [artist(70, 1), artist(20, 2)]
    trainer = GestureTrainer(RECIPE, traces)
    begin = weights(trainer)
    steps = trainer.train()
    losses = [next(steps) for _ in range(3)]
    assert all(set(each) == {"loss_D", "loss_G"} for each in losses)
    middle = weights(trainer)
    moved = {name.split(".")[0] for name in begin if not torch.equal(begin[name], middle[name])}
    assert {"G", "D", "G_ema"} <= moved
    next(steps)
    other = GestureTrainer(RECIPE, traces)
    other.restore(middle)
    next(other.train())
    whole, resumed = weights(trainer), weights(other)
    assert whole.keys() == resumed.keys()
    assert not [name for name in whole if not torch.equal(whole[name], resumed[name])]


@pytest.mark.parametrize("loss", ["minimax", "hinge", "rp"])
def test_the_other_losses_train_it_too(loss: str) -> None:
    trainer = GestureTrainer(msgspec.structs.replace(RECIPE, loss=loss), [artist(60, 1)])
    steps = trainer.train()
    assert all(np.isfinite([*next(steps).values()]).all() for _ in range(3))


def test_it_learns_where_hands_are_and_how_fast() -> None:
    """An artist who sweeps two knobs together: soon the gestures are nearer than noise walks."""
    times = np.arange(3000) / RATE_HZ
    sweep = 0.5 + 0.3 * np.sin(2 * np.pi * times / 4.0)
    trace = np.stack([sweep, 1.0 - sweep], axis=1).astype(np.float32)
    recipe = GestureRecipe(hidden=16, noise=2, slow=1, window=32, lead_in=16, batch=16)
    trainer = GestureTrainer(recipe, [trace])
    steps = trainer.train()
    for _ in range(120):
        next(steps)
    learnt = measure([draw_trace(trainer.averaged, 1000, seed=1)], [trace])
    walk = measure([noise_walks([trace], 1000, seed=1)], [trace])
    assert learnt.together < 0.6 * walk.together


def test_measures_know_the_artist_a_copy_and_noise() -> None:
    takes = [artist(240, 1), artist(240, 2)]
    held_out = measure([artist(240, 3)], takes)
    walks = measure([noise_walks(takes, 2400, seed=1)], takes)
    copy = measure([takes[0][300:1500]], takes)
    assert copy.nearest < 0.05 < 0.6 < held_out.nearest < 1.6
    for name in ("range", "speed", "spectrum_db", "together"):
        assert getattr(held_out, name) < 0.5 * getattr(walks, name), name
    still = np.repeat(takes[0][:1], 2000, axis=0)
    still[::50] += 0.2
    assert measure([still], takes).range > 3 * held_out.range


def test_noise_walks_stay_in_the_range_and_are_as_fast() -> None:
    takes = [artist(240, 1)]
    walks = noise_walks(takes, 2400, seed=1)
    low, high = span(takes)
    assert (walks >= low - 1e-6).all() and (walks <= high + 1e-6).all()
    speeds = [np.abs(np.diff(trace, axis=0) / (high - low)).mean() for trace in (walks, takes[0])]
    assert 0.1 < speeds[0] / speeds[1] < 3.0


def test_a_file_comes_back_as_it_was(model: GestureModel, tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    save_gestures(path, model.generator, MANIFEST)
    found = load_gestures(path)
    assert found.manifest == MANIFEST
    assert (played(found, 5, 30) == played(model, 5, 30)).all()


def damaged(model: GestureModel, path: Path, **changes: object) -> Path:
    """A file whose manifest says something else."""
    manifest = msgspec.structs.replace(MANIFEST, **changes)
    save_gestures(path, model.generator, manifest)
    return path


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"hidden": 10**9}, "out of range"),
        ({"hidden": 16}, "shape"),
        ({"parameters": ("hue", "hue", "psi")}, "out of range"),
        ({"parameters": ("hue", "psi")}, "shape"),
        ({"rate_hz": 1e9}, "out of range"),
        ({"format": 2}, "newer"),
        ({"architecture": "lstm"}, "newer"),
    ],
)
def test_a_manifest_that_lies_is_one_sentence(
    model: GestureModel, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    path = damaged(model, tmp_path / "a.safetensors", **changes)
    with pytest.raises(CheckpointError, match=words) as raised:
        load_gestures(path)
    assert str(path) in str(raised.value)


def test_weights_that_are_none_are_refused(model: GestureModel, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    for name, value, words in (("low", 0.95, "ranges"), ("share.bias", float("nan"), "NaN")):
        tensors = {key: tensor.clone() for key, tensor in model.generator.state_dict().items()}
        tensors[name].fill_(value)
        save_tensors(path, tensors, {METADATA_KEY: msgspec.json.encode(MANIFEST).decode()})
        with pytest.raises(CheckpointError, match=words):
            load_gestures(path)


def test_images_and_gestures_are_not_taken_for_each_other(
    model: GestureModel, tmp_path: Path
) -> None:
    path = tmp_path / "mine.safetensors"
    save_gestures(path, model.generator, MANIFEST)
    with pytest.raises(CheckpointError, match="not one of Performer's models"):
        load_checkpoint(path)
    with pytest.raises(CheckpointError, match="holds no gestures"):
        load_gestures(STARTER_MODEL)


def test_the_judge_keeps_the_best(model: GestureModel) -> None:
    """What is most like the takes, whatever comes after; and takes that are its own are best."""
    takes = [draw_trace(model.generator, 3000, seed=9)]
    worse = make_generator(MANIFEST).eval()
    worse.low.copy_(model.generator.low)
    worse.high.copy_(model.generator.high)
    judge = Judge(takes, seed=0)
    assert judge.best is None
    for kimg, generator in enumerate((worse, model.generator, worse)):
        judge.look(generator, kimg)
    assert judge.best is not None and judge.kimg == 1 and judge.score < 0.3
    found = judge.best.state_dict()
    for name, tensor in model.generator.state_dict().items():
        assert torch.equal(found[name], tensor), name
