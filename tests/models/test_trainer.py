"""The trainer: its four steps, that a stopped run goes on as if it never had been, and growing."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import CPU, IMAGES, WIDTHS, go, images, part, recipe, trainer
from torch import Tensor

from models.adversaries import SKIPS_MAXIMUM, DivergedError
from models.canvas import canvas_of
from models.division import TrainingError
from models.draws import Draws
from models.losses import LOSSES, gradient_penalty
from models.networks import fir_kernel, upsample
from models.recipe import Stage
from models.saves import Saves
from models.trainer import Trainer


def different(a: dict[str, Tensor], b: dict[str, Tensor]) -> list[str]:
    """The names of the tensors that are not bit-identical."""
    assert a.keys() == b.keys()
    return [name for name in a if not torch.equal(a[name], b[name])]


def kept(trained: Trainer) -> dict[str, Tensor]:
    """A copy of a trainer's state."""
    return {name: tensor.detach().clone() for name, tensor in trained.state().items()}


def test_the_four_steps_do_what_they_say() -> None:
    trained = trainer()
    start = kept(trained)

    trained.train_discriminator()
    after_discriminator = kept(trained)
    changed = {name.split(".")[0] for name in different(start, _like(after_discriminator, start))}
    assert "D" in changed
    assert not _weights_changed(start, after_discriminator, "G.")

    trained.train_generator()
    after_generator = kept(trained)
    assert _weights_changed(after_discriminator, after_generator, "G.")
    assert not _weights_changed(after_discriminator, after_generator, "D.")
    assert not _weights_changed(after_discriminator, after_generator, "G_ema.")

    losses = go(trained, 3)
    assert trained.step == 3 and all(set(each) == {"loss_D", "loss_G"} for each in losses)
    assert _weights_changed(after_generator, kept(trained), "G_ema.")

    trained.initialise(0)
    trained.step = 0
    fresh = kept(trained)
    assert not [name for name in different(start, fresh) if name.startswith(("G", "D"))]


def _like(state: dict[str, Tensor], names: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: state[name] for name in names}


def _weights_changed(before: dict[str, Tensor], after: dict[str, Tensor], prefix: str) -> bool:
    return any(
        not torch.equal(before[name], after[name])
        for name in before
        if name.startswith(prefix) and name.endswith("weight")
    )


def test_gradients_do_not_leak_from_one_step_into_another() -> None:
    trained = trainer()
    go(trained, 1)
    for network in (trained.pair.generator, trained.pair.discriminator):
        assert all(p.grad is None for p in network.parameters())
        assert all(p.requires_grad for p in network.parameters())


ADA = {"augment": "ada", "ada_kimg": 0.05}


@pytest.mark.parametrize("asked", [
    {}, {"mirror": True}, {"loss": "minimax", "augment": "none"}, {"loss": "hinge"},
    {"loss": "rp", "mirror": True}, {**ADA, "path_length_weight": 2.0},
    {**ADA, "path_length_weight": 2.0, "loss": "rp"},
])  # fmt: skip
def test_a_run_taken_up_again_equals_one_that_never_stopped(asked: dict[str, object]) -> None:
    uninterrupted = trainer(**asked)
    go(uninterrupted, 20)
    stopped = trainer(**asked)
    go(stopped, 13)
    state = kept(stopped)
    torch.manual_seed(12345)
    resumed = trainer(**asked)
    go(resumed, 2)
    resumed.restore(state)
    assert resumed.step == 13 and not different(state, kept(resumed))
    go(resumed, 7)
    assert not different(kept(uninterrupted), kept(resumed))
    names = set(kept(resumed))
    assert {"opt_G.0.exp_avg_sq", "opt_D.0.exp_avg", "G_ema.mapping.w_avg", "counters"} <= names


def test_a_run_taken_up_from_disk_equals_one_that_never_stopped(tmp_path: Path) -> None:
    uninterrupted, stopped = trainer(), trainer()
    go(uninterrupted, 6)
    go(stopped, 4)
    Saves(tmp_path).write(stopped, IMAGES)
    save, tensors = Saves(tmp_path).load()
    assert (save.recipe, save.images, save.kimg) == (stopped.recipe, IMAGES, 0.016)
    resumed = Trainer(save.recipe, images(), CPU)
    resumed.restore(tensors)
    go(resumed, 2)
    assert not different(kept(uninterrupted), kept(resumed))
    assert torch.equal(uninterrupted.samples(4), resumed.samples(4))


def test_the_same_seed_gives_the_same_weights_and_another_gives_others() -> None:
    first, again, other = trainer(seed=1), trainer(seed=1), trainer(seed=2)
    torch.manual_seed(77)
    for trained in (first, again, other):
        go(trained, 3)
    assert not different(kept(first), kept(again))
    assert "G.synthesis.b4.const" in different(kept(first), kept(other))


@pytest.mark.parametrize("asked", [
    {"mirror": True}, {"style_mixing": 0.0}, {"augment": "none"}, {"loss": "minimax"},
    {"loss": "hinge"}, {"loss": "rp"},
    {"r1_gamma": 5.0}, {"learning_rate": 0.001}, {"batch": 3},
])  # fmt: skip
def test_every_setting_has_an_effect(asked: dict[str, object]) -> None:
    plain, changed = trainer(), trainer(**asked)
    go(plain, 2)
    go(changed, 2)
    assert different(kept(plain), kept(changed))


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("style_mixing", [0.0, 1.0])
def test_it_trains_with_each_loss_and_any_style_mixing(loss: str, style_mixing: float) -> None:
    trained = trainer(loss=loss, style_mixing=style_mixing)
    go(trained, 4)
    assert all(torch.isfinite(tensor).all() for tensor in trained.state().values())


@pytest.mark.parametrize(
    ("size", "precision"), [((8, 8), "bfloat16"), ((8, 8), "float16"), ((16, 8), "float32")]
)
def test_it_trains_with_ada_and_path_length_on_any_canvas(
    size: tuple[int, int], precision: str
) -> None:
    asked = {"loss": "rp", "path_length_weight": 2.0, "precision": precision, **ADA}
    trained = trainer(canvas=canvas_of(*size), **asked)
    trained.pair.augment.p.fill_(0.8)
    go(trained, 5)
    assert all(torch.isfinite(tensor).all() for tensor in trained.state().values())


def test_what_adapts_is_saved_and_nothing_else() -> None:
    plain, adaptive = set(kept(trainer())), set(kept(trainer(path_length_weight=2.0, **ADA)))
    assert adaptive - plain == {"augment.p", "augment.signs", "augment.steps", "path_length.mean"}
    assert plain < adaptive


def test_ada_moves_by_the_discriminator_and_path_length_by_the_generator() -> None:
    trained = trainer(path_length_weight=2.0, **{**ADA, "ada_target": -1.0})
    go(trained, 3)
    assert float(trained.pair.augment.p) == 0 and float(trained.path_length.mean) > 0
    go(trained, 1)
    assert float(trained.pair.augment.p) == pytest.approx(4 * 4 / 50)


def test_path_length_pulls_by_its_weight_on_the_generator() -> None:
    light, heavy = trainer(path_length_weight=2.0), trainer(path_length_weight=20.0)
    go(light, 1)
    go(heavy, 1)
    changed = different(kept(light), kept(heavy))
    assert "G.synthesis.b4.const" in changed and "G.mapping.fc0.weight" in changed
    assert not any(name.startswith(("D.", "path_length.")) for name in changed)


def test_ada_settings_have_an_effect() -> None:
    plain, other = trainer(**ADA), trainer(augment="ada", ada_kimg=0.1)
    for trained in (plain, other):
        trained.pair.augment.signs.fill_(4.0)
        go(trained, 4)
    assert 0 < float(other.pair.augment.p) < float(plain.pair.augment.p)


@pytest.mark.parametrize(("loss", "penalised"), [("nonsaturating", 1), ("hinge", 1), ("rp", 2)])
def test_r2_joins_r1_where_the_loss_asks_for_it(
    loss: str, penalised: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Tensor] = []

    def spy(logits: Tensor, images: Tensor) -> Tensor:
        seen.append(images)
        return gradient_penalty(logits, images)

    monkeypatch.setattr("models.adversaries.gradient_penalty", spy)
    go(trainer(loss=loss), 16)
    assert len(seen) == penalised, "in the first step of sixteen"
    assert len({id(images) for images in seen}) == penalised


def test_the_paired_generator_is_compared_with_real_images_of_the_step() -> None:
    trained = trainer(loss="rp", augment="none")
    rivals = trained.rivals(part(trained))
    real = trained.real_images(part(trained))
    assert torch.equal(rivals, trained.pair.discriminator(real)) and rivals.shape == (4, 1)
    assert not rivals.requires_grad
    other = trainer(loss="hinge")
    assert other.rivals(part(other)).shape == (0,)


@pytest.mark.parametrize(("style_mixing", "mixed"), [(0.0, 0), (1.0, 64)])
def test_style_mixing_mixes_as_often_as_asked(style_mixing: float, mixed: int) -> None:
    trained = trainer(batch=64, style_mixing=style_mixing)
    ws = trained.pair.draw_ws(part(trained).draws)
    assert ws.shape == (64, 4, 16)
    steps = (ws[:, 1:] != ws[:, :-1]).any(dim=2).sum(dim=1)
    assert int((steps > 0).sum()) == mixed and int(steps.max()) <= 1


def test_mirroring_turns_about_half_of_the_images() -> None:
    trained = trainer(batch=12, mirror=True)
    real = ((trained.real_images(part(trained)) + 1) * 127.5).round().byte()
    originals = {image.numpy().tobytes() for image in trained.images}
    mirrored = {image.flip(2).contiguous().numpy().tobytes() for image in trained.images}
    shown = [image.contiguous().numpy().tobytes() for image in real]
    assert all(image in originals | mirrored for image in shown)
    assert 1 <= sum(image in mirrored for image in shown) <= 11


def test_real_images_are_within_minus_one_and_one_in_the_order_of_the_step() -> None:
    trained = trainer(batch=12)
    real = trained.real_images(part(trained))
    assert -1 <= float(real.min()) < -0.9 and 0.9 < float(real.max()) <= 1
    everything = sorted(image.numpy().tobytes() for image in trained.images)
    shown = ((real + 1) * 127.5).round().byte()
    assert sorted(image.contiguous().numpy().tobytes() for image in shown) == everything


def test_no_latent_is_drawn_twice() -> None:
    trained = trainer()
    drawn: list[Tensor] = []
    trained.pair.generator.mapping.register_forward_pre_hook(lambda _, z: drawn.append(z[0]))
    go(trained, 3)
    z = torch.cat(drawn)
    # Twice a step: for each network; and those of the discriminator's again, to track their mean.
    assert len(z) == 3 * 3 * 2 * 4 and len(z.unique(dim=0)) == 3 * 2 * 2 * 4


def test_samples_are_the_same_latents_each_time_and_leave_the_run_alone() -> None:
    plain, sampled = trainer(), trainer()
    first = sampled.samples(5)
    assert first.shape == (5, 3, 8, 8) and first.dtype == torch.uint8
    assert torch.equal(sampled.samples(5), first)
    assert torch.equal(sampled.samples(3), first[:3])
    for _ in range(3):
        go(plain, 1)
        go(sampled, 1)
        sampled.samples(2)
    assert not different(kept(plain), kept(sampled))


def test_the_averaged_generator_lags_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = trainer()
    trained.step = 100_000
    before = trained.averaged.synthesis.b4.const.clone()
    with torch.no_grad():
        trained.pair.generator.synthesis.b4.const += 1
        trained.pair.generator.mapping.w_avg += 1
    trained.average()
    share = 1 - 0.5 ** (4 / trained.recipe.ema_half_life_img)
    moved = trained.averaged.synthesis.b4.const - before
    torch.testing.assert_close(moved, torch.full_like(moved, share), rtol=1e-3, atol=1e-6)
    assert torch.equal(trained.averaged.mapping.w_avg, trained.pair.generator.mapping.w_avg)


@pytest.mark.parametrize(
    ("small_size", "large_size"),
    [((8, 8), (16, 16)), ((8, 8), (32, 32)), ((16, 8), (32, 16)), ((8, 12), (16, 24))],
)
def test_a_grown_run_begins_with_the_small_picture_enlarged(
    small_size: tuple[int, int], large_size: tuple[int, int]
) -> None:
    small = trainer(canvas=canvas_of(*small_size))
    go(small, 2)
    grown = trainer(canvas=canvas_of(*large_size), seed=9)
    grown.graft(kept(small))
    z = torch.randn(3, WIDTHS.z_dim)
    for before, after in (
        (small.averaged, grown.averaged),
        (small.pair.generator, grown.pair.generator),
    ):
        with torch.no_grad():
            expected, found = before(z), after(z)
            while expected.shape != found.shape:
                expected = upsample(expected, fir_kernel())
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    own = kept(grown)
    for name, tensor in kept(small).items():
        if name.startswith(("G.", "D.", "G_ema.")) and name in own:
            assert torch.equal(own[name], tensor), name
    go(grown, 2)
    weight = getattr(grown.pair.generator.synthesis, f"b{4 << grown.recipe.canvas.doublings}").torgb
    assert float(weight.weight.detach().abs().sum()) > 0, "the new level's colours are learnt"


def strengths(state: dict[str, Tensor], prefix: str = "G.") -> list[float]:
    return [
        float(tensor)
        for name, tensor in state.items()
        if name.startswith(prefix) and name.endswith("noise_strength")
    ]


def test_without_noise_its_strengths_stay_zero_also_when_stopped_or_grown() -> None:
    noisy, still = trainer(), trainer(noise=False)
    go(noisy, 3)
    go(still, 3)
    assert all(strengths(kept(noisy)))
    assert not any(strengths(kept(still)) + strengths(kept(still), "G_ema."))
    resumed = trainer(noise=False)
    resumed.restore(kept(still))
    go(still, 2)
    go(resumed, 2)
    assert not different(kept(still), kept(resumed))
    grown = trainer(canvas=canvas_of(16, 16), noise=False)
    grown.graft(kept(noisy))
    go(grown, 2)
    assert not any(strengths(kept(grown)))


def test_while_warming_up_only_the_discriminator_learns() -> None:
    trained = trainer(warmup_kimg=0.008, starts_trained=True)
    start = kept(trained)
    losses = go(trained, 3)
    assert [set(each) for each in losses] == [{"loss_D"}, {"loss_D"}, {"loss_D", "loss_G"}]
    two = trainer(warmup_kimg=0.008, starts_trained=True)
    go(two, 2)
    after = kept(two)
    assert _weights_changed(start, after, "D.") and not _weights_changed(start, after, "G.")


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_losses_that_are_no_numbers_are_skipped_and_in_the_end_stop_with_a_sentence(
    network: str,
) -> None:
    trained = trainer(**ADA)
    go(trained, 1)
    with torch.no_grad():
        next(getattr(trained.pair, network).parameters()).fill_(float("nan"))
    before = kept(trained)
    go(trained, SKIPS_MAXIMUM)
    after = kept(trained)
    moved = {name for name in before if not torch.equal(before[name].nan_to_num(7.0), after[name])}
    assert not [name for name in moved if torch.isfinite(before[name]).all() and "G_ema" not in name
                and name != "counters"], "nothing is learnt from what is no number"  # fmt: skip
    with pytest.raises(DivergedError, match=r"the loss of D became NaN at 0\.0 kimg"):
        go(trained, 1)


def test_one_bad_image_costs_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    trained, fresh = trainer(), trainer()
    clean = trained.pair.real
    monkeypatch.setattr(trained.pair, "real", lambda *a: clean(*a).fill_(float("inf")))
    before = kept(trained)
    (losses,) = go(trained, 1)
    assert not np.isfinite(losses["loss_D"]) and np.isfinite(losses["loss_G"])
    assert not _weights_changed(before, kept(trained), "D.")
    assert _weights_changed(before, kept(trained), "G.")
    monkeypatch.undo()
    go(trained, 2)
    assert all(torch.isfinite(tensor).all() for tensor in trained.state().values())
    assert trained.step == 3 and fresh.step == 0


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_training_learns_the_colour_of_its_images(loss: str) -> None:
    made = recipe(batch=8, loss=loss, learning_rate=0.005)
    red = torch.tensor([230, 30, 30], dtype=torch.uint8)[:, None, None].expand(8, 3, 8, 8)
    trained = Trainer(made, red.contiguous(), CPU)

    def distance() -> float:
        mean = trained.samples(16).float().mean(dim=(0, 2, 3))
        return float((mean - torch.tensor([230.0, 30.0, 30.0])).abs().sum())

    before = distance()
    go(trained, 80)
    assert distance() < 0.6 * before, f"{before:.0f} to {distance():.0f}"


EVERYTHING = {**ADA, "path_length_weight": 2.0, "mirror": True, "loss": "rp", "batch": 8}


@pytest.mark.parametrize("at_once", [4, 8])
def test_a_batch_in_parts_learns_what_it_learns_as_a_whole(at_once: int) -> None:
    whole, parts = trainer(**EVERYTHING), trainer(**EVERYTHING)
    parts.division.at_once = at_once
    for trained in (whole, parts):
        trained.pair.augment.p.fill_(0.7)
        go(trained, 5)
    assert_close(whole, parts)


def assert_close(one: Trainer, other: Trainer) -> None:
    """The same weights but for rounding. Adam divides by tiny moments, so a few may be off."""
    expected, found = kept(one), kept(other)
    for name in expected.keys() - {"counters"}:
        away = (expected[name].float() - found[name].float()).abs()
        scale = expected[name].float().abs().mean() + 1e-3
        assert float(away.mean() / scale) < 1e-3, name


def test_when_memory_runs_out_parts_are_halved_and_nothing_is_lost() -> None:
    plenty, little = trainer(**EVERYTHING), trainer(**EVERYTHING)
    judge, refused = little.pair.judge, []

    def judge_few(images: Tensor, draws: Draws) -> Tensor:
        if len(images) > 4:
            refused.append(len(images))
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return judge(images, draws)

    little.pair.judge = judge_few
    go(plenty, 3)
    go(little, 3)
    assert refused == [8] and little.division.at_once == 4
    assert_close(plenty, little)
    assert little.state()["counters"].tolist() == [3, 0, 0, 4]


def test_memory_that_runs_out_half_way_through_a_generator_step_changes_nothing() -> None:
    plenty, little = trainer(**EVERYTHING), trainer(**EVERYTHING)
    lengths, calls = little.pair.path_lengths, []

    def lengths_later(draws: Draws) -> Tensor:
        calls.append(len(draws))
        if len(calls) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return lengths(draws)

    little.pair.path_lengths = lengths_later
    go(plenty, 1)
    go(little, 1)
    assert calls == [4, 2, 2]
    assert_close(plenty, little)


def test_no_memory_for_one_image_is_a_sentence() -> None:
    trained = trainer()

    def none(images: Tensor, draws: Draws) -> Tensor:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9")

    trained.pair.judge = none
    with pytest.raises(TrainingError, match="not enough memory for a single image"):
        go(trained, 1)


def test_other_errors_are_not_taken_for_a_lack_of_memory() -> None:
    trained = trainer()

    def broken(images: Tensor, draws: Draws) -> Tensor:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    trained.pair.judge = broken
    with pytest.raises(RuntimeError, match="multiplied"):
        go(trained, 1)


STAGES = (
    Stage(doublings=1, kimg=0.012, r1_gamma=0.1, noise=False),
    Stage(doublings=2, kimg=0.008, r1_gamma=0.05, noise=False),
    Stage(doublings=2, kimg=1.0, r1_gamma=0.05, noise=True),
)
STAGED = {"canvas": canvas_of(16, 16), "stages": STAGES, "warmup_kimg": 0.004}


def test_a_run_grows_by_itself_from_canvas_to_canvas() -> None:
    trained = trainer(**STAGED)
    seen = []
    for _ in range(6):
        (losses,) = go(trained, 1)
        seen.append((str(trained.canvas), set(losses), any(strengths(kept(trained)))))
    both, judge_only = {"loss_D", "loss_G"}, {"loss_D"}
    assert seen == [
        ("8x8", both, False), ("8x8", both, False), ("8x8", both, False),
        ("16x16", judge_only, False), ("16x16", both, False), ("16x16", judge_only, False),
    ]  # fmt: skip
    assert trained.samples(2).shape == (2, 3, 16, 16)
    go(trained, 2)
    assert any(strengths(kept(trained))), "the last stage has noise"


@pytest.mark.parametrize("stop_at", [2, 3, 5, 7])
def test_a_run_stopped_at_any_stage_equals_one_that_never_stopped(stop_at: int) -> None:
    uninterrupted, stopped = trainer(**STAGED), trainer(**STAGED)
    go(uninterrupted, 9)
    go(stopped, stop_at)
    resumed = trainer(**STAGED)
    resumed.restore(kept(stopped))
    go(resumed, 9 - stop_at)
    assert not different(kept(uninterrupted), kept(resumed))


def test_a_small_stage_sees_the_same_images_smaller() -> None:
    trained = trainer(**STAGED)
    small = trained.feed.images
    assert small.shape == (12, 3, 8, 8)
    expected = trained.images.float().reshape(12, 3, 8, 2, 8, 2).mean(dim=(3, 5))
    assert float((small.float() - expected).abs().max()) <= 0.5


def test_frozen_layers_of_the_discriminator_stay() -> None:
    trained = trainer(canvas=canvas_of(16, 16), frozen_layers=4)
    before = kept(trained)
    go(trained, 3)
    changed = different(before, {name: kept(trained)[name] for name in before})
    assert not [name for name in changed if name.startswith("D.b16.")], "the first of its blocks"
    assert [name for name in changed if name.startswith("D.b8.")]
    assert [name for name in changed if name.startswith("G.")]
