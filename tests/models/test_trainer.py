"""The trainer: its four steps, that a stopped run goes on as if it never had been, and growing."""

from pathlib import Path

import pytest
import torch
from tiny import CANVAS, CPU, IMAGES, WIDTHS, go, images, trainer
from torch import Tensor

from models.canvas import canvas_of
from models.losses import LOSSES, gradient_penalty
from models.networks import fir_kernel, upsample
from models.run import Run, load_state
from models.trainer import Recipe, Trainer, TrainingError


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

    trained.initialise()
    trained.step = 0
    assert not different(start, kept(trained))


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
    for network in (trained.generator, trained.discriminator):
        assert all(p.grad is None for p in network.parameters())
        assert all(p.requires_grad for p in network.parameters())


ADA = {"augment": "ada", "ada_kimg": 0.05}


@pytest.mark.parametrize("recipe", [
    {}, {"mirror": True}, {"loss": "minimax", "augment": "none"}, {"loss": "hinge"},
    {"loss": "rp", "mirror": True}, {**ADA, "path_length_weight": 2.0},
    {**ADA, "path_length_weight": 2.0, "loss": "rp"},
])  # fmt: skip
def test_a_run_taken_up_again_equals_one_that_never_stopped(recipe: dict[str, object]) -> None:
    uninterrupted = trainer(**recipe)
    go(uninterrupted, 20)
    stopped = trainer(**recipe)
    go(stopped, 13)
    state = kept(stopped)
    torch.manual_seed(12345)
    resumed = trainer(**recipe)
    go(resumed, 2)
    resumed.restore(state)
    assert resumed.step == 13 and not different(state, kept(resumed))
    go(resumed, 7)
    assert not different(kept(uninterrupted), kept(resumed))
    names = set(kept(resumed))
    assert {"opt_G.0.exp_avg_sq", "opt_D.0.exp_avg", "G_ema.mapping.w_avg", "step"} <= names


def test_a_run_taken_up_from_disk_equals_one_that_never_stopped(tmp_path: Path) -> None:
    uninterrupted, stopped = trainer(), trainer()
    go(uninterrupted, 6)
    go(stopped, 4)
    Run(tmp_path, stopped, IMAGES).save()
    recipe, told, tensors = load_state(tmp_path)
    assert recipe == stopped.recipe and told == IMAGES
    resumed = Trainer(recipe, images(), CPU)
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


@pytest.mark.parametrize("recipe", [
    {"mirror": True}, {"style_mixing": 0.0}, {"augment": "none"}, {"loss": "minimax"},
    {"loss": "hinge"}, {"loss": "rp"},
    {"r1_gamma": 5.0}, {"learning_rate": 0.001}, {"batch": 3},
])  # fmt: skip
def test_every_setting_has_an_effect(recipe: dict[str, object]) -> None:
    plain, changed = trainer(), trainer(**recipe)
    go(plain, 2)
    go(changed, 2)
    assert different(kept(plain), kept(changed))


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("style_mixing", [0.0, 1.0])
def test_it_trains_with_each_loss_and_any_style_mixing(loss: str, style_mixing: float) -> None:
    trained = trainer(loss=loss, style_mixing=style_mixing)
    go(trained, 4)
    assert all(torch.isfinite(tensor).all() for tensor in trained.state().values())


@pytest.mark.parametrize(("size", "bfloat16"), [((8, 8), True), ((16, 8), False)])
def test_it_trains_with_ada_and_path_length_on_any_canvas(
    size: tuple[int, int], bfloat16: bool
) -> None:
    asked = {"loss": "rp", "path_length_weight": 2.0, "bfloat16": bfloat16, **ADA}
    trained = trainer(canvas=canvas_of(*size), **asked)
    trained.augment.p.fill_(0.8)
    go(trained, 5)
    assert all(torch.isfinite(tensor).all() for tensor in trained.state().values())


def test_what_adapts_is_saved_and_nothing_else() -> None:
    plain, adaptive = set(kept(trainer())), set(kept(trainer(path_length_weight=2.0, **ADA)))
    assert adaptive - plain == {"augment.p", "augment.signs", "augment.steps", "path_length.mean"}
    assert plain < adaptive


def test_ada_moves_by_the_discriminator_and_path_length_by_the_generator() -> None:
    trained = trainer(path_length_weight=2.0, **{**ADA, "ada_target": -1.0})
    go(trained, 3)
    assert float(trained.augment.p) == 0 and float(trained.path_length.mean) > 0
    go(trained, 1)
    assert float(trained.augment.p) == pytest.approx(4 * 4 / 50)


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
        trained.augment.signs.fill_(4.0)
        go(trained, 4)
    assert 0 < float(other.augment.p) < float(plain.augment.p)


@pytest.mark.parametrize(("loss", "penalised"), [("nonsaturating", 1), ("hinge", 1), ("rp", 2)])
def test_r2_joins_r1_where_the_loss_asks_for_it(
    loss: str, penalised: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Tensor] = []

    def spy(logits: Tensor, images: Tensor) -> Tensor:
        seen.append(images)
        return gradient_penalty(logits, images)

    monkeypatch.setattr("models.trainer.gradient_penalty", spy)
    go(trainer(loss=loss), 16)
    assert len(seen) == penalised, "in the first step of sixteen"
    assert len({id(images) for images in seen}) == penalised


def test_the_paired_generator_is_compared_with_real_images_of_the_step() -> None:
    trained = trainer(loss="rp", augment="none")
    rivals = trained.rivals()
    assert torch.equal(rivals, trained.discriminator(trained.real_images())) and rivals.shape == (
        4,
        1,
    )
    assert not rivals.requires_grad
    assert trainer(loss="hinge").rivals().shape == (0,)


@pytest.mark.parametrize(("style_mixing", "mixed"), [(0.0, 0), (1.0, 64)])
def test_style_mixing_mixes_as_often_as_asked(
    style_mixing: float, mixed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = trainer(batch=64, style_mixing=style_mixing)
    seen: list[Tensor] = []
    monkeypatch.setattr(
        trained.generator.synthesis,
        "forward",
        lambda ws, fresh_noise: seen.append(ws) or torch.zeros(64, 3, 8, 8),
    )
    trained.generate()
    (ws,) = seen
    assert ws.shape == (64, 4, 16)
    steps = (ws[:, 1:] != ws[:, :-1]).any(dim=2).sum(dim=1)
    assert int((steps > 0).sum()) == mixed and int(steps.max()) <= 1


def test_mirroring_turns_about_half_of_the_images() -> None:
    trained = trainer(batch=12, mirror=True)
    real = ((trained.real_images() + 1) * 127.5).round().byte()
    originals = {image.numpy().tobytes() for image in trained.images}
    mirrored = {image.flip(2).contiguous().numpy().tobytes() for image in trained.images}
    shown = [image.contiguous().numpy().tobytes() for image in real]
    assert all(image in originals | mirrored for image in shown)
    assert 1 <= sum(image in mirrored for image in shown) <= 11


def test_real_images_are_within_minus_one_and_one_in_the_order_of_the_step() -> None:
    trained = trainer(batch=12)
    real = trained.real_images()
    assert -1 <= float(real.min()) < -0.9 and 0.9 < float(real.max()) <= 1
    everything = sorted(image.numpy().tobytes() for image in trained.images)
    shown = ((real + 1) * 127.5).round().byte()
    assert sorted(image.contiguous().numpy().tobytes() for image in shown) == everything


def test_no_latent_is_drawn_twice() -> None:
    trained = trainer()
    drawn: list[Tensor] = []
    trained.generator.mapping.register_forward_pre_hook(lambda _, z: drawn.append(z[0]))
    go(trained, 3)
    z = torch.cat(drawn)
    assert len(z) == 3 * 2 * 2 * 4 and len(z.unique(dim=0)) == len(z)


def test_samples_are_the_same_latents_each_time_and_leave_the_run_alone() -> None:
    plain, sampled = trainer(), trainer()
    first = sampled.samples(5)
    assert first.shape == (5, 8, 8, 3) and first.dtype == torch.uint8
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
        trained.generator.synthesis.b4.const += 1
        trained.generator.mapping.w_avg += 1
    trained.average()
    share = 1 - 0.5 ** (4 / trained.recipe.ema_half_life_img)
    moved = trained.averaged.synthesis.b4.const - before
    torch.testing.assert_close(moved, torch.full_like(moved, share), rtol=1e-3, atol=1e-6)
    assert torch.equal(trained.averaged.mapping.w_avg, trained.generator.mapping.w_avg)


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
        (small.generator, grown.generator),
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
    weight = getattr(grown.generator.synthesis, f"b{4 << grown.recipe.canvas.doublings}").torgb
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
    trained = trainer(warmup_kimg=0.008)
    start = kept(trained)
    losses = go(trained, 3)
    assert [set(each) for each in losses] == [{"loss_D"}, {"loss_D"}, {"loss_D", "loss_G"}]
    two = trainer(warmup_kimg=0.008)
    go(two, 2)
    after = kept(two)
    assert _weights_changed(start, after, "D.") and not _weights_changed(start, after, "G.")


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_a_loss_that_is_no_number_stops_with_a_sentence(network: str) -> None:
    trained = trainer()
    go(trained, 1)
    with torch.no_grad():
        next(getattr(trained, network).parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match=r"the loss of D is no longer a number at 0\.0 kimg"):
        go(trained, 1)


def test_no_step_is_made_on_a_generator_loss_that_is_no_number() -> None:
    trained = trainer()
    before = kept(trained)
    with pytest.raises(TrainingError, match="the loss of G"):
        trained.update("G", torch.tensor(float("inf")), torch.tensor(0.0))
    assert not different(before, kept(trained))


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_training_learns_the_colour_of_its_images(loss: str) -> None:
    recipe = Recipe(canvas=CANVAS, widths=WIDTHS, batch=8, loss=loss, learning_rate=0.005)
    red = torch.tensor([230, 30, 30], dtype=torch.uint8)[:, None, None].expand(8, 3, 8, 8)
    trained = Trainer(recipe, red.contiguous(), CPU)

    def distance() -> float:
        mean = trained.samples(16).float().mean(dim=(0, 1, 2))
        return float((mean - torch.tensor([230.0, 30.0, 30.0])).abs().sum())

    before = distance()
    go(trained, 80)
    assert distance() < 0.6 * before, f"{before:.0f} to {distance():.0f}"
