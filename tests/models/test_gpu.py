"""Playing on a graphics card, with what a CPU can stand in for: half precision, static inputs."""

import gc
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
import tiny3
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import CPU, generator, kin
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx

from models import contest, kept
from models.canvas import Canvas, canvas_of
from models.contest import PSNR_MINIMUM_DB, psnr_db
from models.engines import describe_engine, runtime_for
from models.gpu import choice as choosing
from models.gpu import runtime as gpu
from models.gpu.choice import Choice, choice_for, choose, half_precision
from models.gpu.runtime import GpuRuntime, gpu_runtime_for
from models.gpu.static import Captured, Static, prepared
from models.networks import Generator, Widths
from models.recipe import Precision
from models.runtime import Runtime
from models.stylegan3.runtime import Runtime as StyleGAN3Runtime
from performer.bends import Bend

NARROW = Widths(channel_base=64, channel_max=16, z_dim=8, w_dim=16, mapping_layers=2)
WIDE = Widths(channel_base=256, channel_max=64, z_dim=16, w_dim=8, mapping_layers=3)
CLAMPED = msgspec.structs.replace(WIDE, clamp=256.0)
CLASSES = msgspec.structs.replace(NARROW, classes=3)
CASES = [
    (canvas_of(8, 8), NARROW),
    (canvas_of(32, 16), WIDE),
    (Canvas(5, 7, 2), CLAMPED),
    (canvas_of(64, 32), CLASSES),
]
HALVES: list[Precision] = ["bfloat16", "float16"]
CAPTURED = Choice("float32", captured=True)


class Recorded(Static):
    """Records the operations once and replays them on the same tensors, as a CUDA graph does.

    Unlike the shipped stand-in it keeps what the host decided when it was recorded.
    """

    def _prepare(self) -> Tensor:
        self._recording = make_fx(lambda *values: self._function(*values))(*self._inputs)
        return self._recording(*self._inputs)

    def _replay(self) -> None:
        self._output.copy_(self._recording(*self._inputs))


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be captured is recorded."""
    monkeypatch.setattr(gpu, "prepared", Recorded)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own, and nothing is timed for long."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(contest, "ROUNDS_S", 0.0)
    monkeypatch.setattr(contest, "REST_S", 0.0)


def faithful(found: Tensor, expected: Tensor, precision: Precision) -> bool:
    """Within 1e-4 of the range in float32, PSNR of 38 dB or more in half precision."""
    span = expected.max() - expected.min()
    if precision == "float32":
        return bool((found - expected).abs().max() < 1e-4 * span)
    # Random weights paint far outside -1..1: their whole range is the picture here.
    return psnr_db((found - expected) * (2.0 / span), torch.zeros(1)) >= PSNR_MINIMUM_DB


def test_a_static_function_has_one_place_for_each_input_and_for_the_output() -> None:
    weight, seen = torch.ones(3), []

    def function(x: Tensor, gain: Tensor) -> Tensor:
        seen.append((x.data_ptr(), gain.data_ptr()))
        return x * weight * gain

    call = Static(function, [torch.zeros(3), torch.ones([])])
    values = torch.arange(3.0)
    first = call(values, torch.tensor(2.0))
    assert torch.equal(first, values * 2) and values.tolist() == [0, 1, 2]
    weight.add_(1)
    second = call(values.expand(1, 3)[0], torch.tensor(3.0))
    assert torch.equal(second, values * 6) and first.data_ptr() == second.data_ptr()
    assert len(set(seen)) == 1, "the inputs stay where they are"


def test_it_takes_what_was_made_in_or_outside_of_inference() -> None:
    with torch.inference_mode():
        call, inside = Static(lambda x: x + 1, [torch.zeros(2)]), torch.ones(2)
    assert call(inside).tolist() == call(torch.ones(2)).tolist() == [2, 2]


def test_only_a_card_captures() -> None:
    assert type(prepared(lambda x: x + 1, [torch.zeros(2)])) is Static


@pytest.mark.parametrize("precision", HALVES)
@pytest.mark.parametrize(("canvas", "widths"), CASES, ids=lambda case: str(case)[:20])
def test_half_precision_draws_nearly_the_same(
    canvas: Canvas, widths: Widths, precision: Precision
) -> None:
    made = generator(canvas, widths)
    whole, half = Runtime(made, CPU), Runtime(made, CPU, precision=precision)
    for scale in (1.0, 4.0):
        ws = torch.randn(made.num_ws, widths.w_dim) * scale
        found, expected = half.draw(ws, 1.0), whole.draw(ws, 1.0)
        assert found.dtype == torch.float32 and not torch.equal(found, expected)
        assert faithful(found, expected, precision), scale


def test_half_precision_does_not_overflow() -> None:
    made = generator(canvas_of(32, 16), WIDE)
    for name, tensor in made.named_parameters():
        if name.endswith("affine.bias") and "torgb" not in name:
            tensor += 300.0  # 300 x 64 x 9 values of about 1 are far more than 65504
    ws = torch.randn(made.num_ws, 8)
    half = Runtime(made, CPU, precision="float16").draw(ws, 1.0)
    assert torch.isfinite(half).all()
    assert faithful(half, Runtime(made, CPU).draw(ws, 1.0), "float16")


def test_without_any_style_nothing_is_divided_by_zero() -> None:
    made = generator(canvas_of(32, 16), WIDE)
    for name, tensor in made.named_parameters():
        if "affine" in name:
            tensor.zero_()
    for precision in HALVES:
        drawn = Runtime(made, CPU, precision=precision).draw(torch.ones(made.num_ws, 8), 1.0)
        assert torch.isfinite(drawn).all()


LIVE = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from([0.0, 0.3, 1.0, 3.0]),
        st.floats(0.0, 1.5),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def players() -> dict[tuple[int, Precision], tuple[Generator, GpuRuntime]]:
    """Of each case and precision the plain module, and its runtime recorded once."""
    made = {}
    for index, (canvas, widths) in enumerate(CASES):
        for precision in ("float32", *HALVES):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(gpu, "prepared", Recorded)
                choice = Choice(precision, captured=True)
                playing = GpuRuntime(generator(canvas, widths), CPU, choice=choice)
            made[index, precision] = generator(canvas, widths), playing
    return made  # type: ignore[return-value]


def plain_picture(made: Generator, ws: Tensor, noise: float) -> Tensor:
    """The module's own picture, its noise scaled."""
    strengths = [t for name, t in made.state_dict().items() if name.endswith("noise_strength")]
    kept_ones = [strength.clone() for strength in strengths]
    for strength in strengths:
        strength.mul_(noise)
    picture = made.synthesis(ws[None])
    for strength, own in zip(strengths, kept_ones, strict=True):
        strength.copy_(own)
    return picture


@settings(max_examples=12, deadline=None)
@given(case=st.integers(0, len(CASES) - 1), changes=LIVE)
@pytest.mark.parametrize("precision", ["float32", *HALVES])
def test_through_any_live_changes_it_draws_the_plain_modules_pictures(
    players: dict[tuple[int, Precision], tuple[Generator, GpuRuntime]],
    precision: Precision,
    case: int,
    changes: list[tuple[int, float, float, int]],
) -> None:
    """Seeds, noise, truncation and style mixing, layer by layer, on one recorded graph."""
    made, playing = players[case, precision]
    for seed, noise, psi, style in changes:
        z = torch.randn(2, made.widths.z_dim, generator=torch.Generator().manual_seed(seed))
        shares = torch.eye(3)[[seed % 3, style % 3]] if made.widths.classes else None
        w = playing.map(z, shares)
        torch.testing.assert_close(w, made.mapping(z, shares))
        truncated = made.mapping.w_avg.lerp(w, psi)
        layers = torch.arange(made.num_ws)[:, None] < style
        ws = torch.where(layers, truncated[0], truncated[1])
        assert faithful(playing.draw(ws, noise), plain_picture(made, ws, noise), precision)


@pytest.mark.parametrize("precision", ["float32", *HALVES])
@pytest.mark.usefixtures("recorded")
def test_a_graph_goes_on_playing_weights_that_move(precision: Precision) -> None:
    canvas = canvas_of(16, 32)
    here, there = kin(0.0, canvas, WIDE), kin(1.0, canvas, WIDE)
    for name, tensor in here.state_dict().items():
        if name.endswith("noise_strength"):
            tensor.zero_()  # Noise that comes with the other weights is heard, too.
    choice = Choice(precision, captured=True)
    playing = GpuRuntime(here, CPU, choice=choice)
    goal = GpuRuntime(there, CPU, choice=choice)
    ws, z = torch.randn(playing.num_ws, 8), torch.randn(2, 16)
    before = playing.draw(ws, 1.0).clone()
    way = playing.drift(goal)
    assert way is not None and not way.advance(0.5)
    between = playing.draw(ws, 1.0).clone()
    eager = playing.plain.draw(ws, 1.0)
    torch.testing.assert_close(between, eager, rtol=0, atol=1e-5)
    assert not torch.equal(before, between)
    assert way.advance(1.0)
    assert torch.equal(playing.draw(ws, 1.0), goal.draw(ws, 1.0))
    assert torch.equal(playing.map(z), goal.map(z))


def test_weights_in_half_precision_arrive_though_each_step_is_tiny() -> None:
    canvas = canvas_of(16, 16)
    playing, goal = (
        Runtime(kin(share, canvas, WIDE), CPU, precision="bfloat16") for share in (0.0, 1.0)
    )
    way = playing.drift(goal)
    assert way is not None
    for step in range(1, 1000):
        way.advance(step / 1000)
    ws = torch.randn(playing.num_ws, 8)
    assert faithful(playing.draw(ws, 1.0), goal.draw(ws, 1.0), "bfloat16")


def test_all_precisions_drift_to_each_other_and_no_way_leads_to_other_shapes() -> None:
    canvas, ws = canvas_of(16, 16), torch.randn(6, 8)
    half = GpuRuntime(kin(0.0, canvas, WIDE), CPU, choice=Choice("bfloat16", captured=True))
    goal = Runtime(kin(1.0, canvas, WIDE), CPU)
    way = half.drift(goal)
    assert way is not None and way.advance(1.0)
    assert faithful(half.draw(ws, 1.0), goal.draw(ws, 1.0), "bfloat16")
    assert half.drift(Runtime(generator(), CPU)) is None and half.drift("a word") is None


@pytest.mark.usefixtures("recorded")
def test_stylegan3_is_played_as_one_graph_and_turns() -> None:
    made = tiny3.generator()
    playing, plain = GpuRuntime(made, CPU, choice=CAPTURED), StyleGAN3Runtime(made, CPU)
    ws = torch.randn(made.num_ws, 12)
    still = playing.draw(ws, 1.0).clone()
    torch.testing.assert_close(still, plain.draw(ws, 0.0))
    playing.transform(0.1, 0.2, 0.0)
    turned = playing.draw(ws, 1.0).clone()
    torch.testing.assert_close(turned, playing.plain.draw(ws, 0.0))
    assert not torch.equal(still, turned) and playing.drift(playing) is None
    playing.transform(0.0, 0.0, 0.0)
    assert torch.equal(playing.draw(ws, 1.0), still)


def test_it_tells_what_the_plain_runtime_tells() -> None:
    own, made = torch.randn(5, 16), generator(CASES[3][0], CLASSES)
    playing = GpuRuntime(made, CPU, own, choice=CAPTURED)
    plain = Runtime(made, CPU, own)
    for name in ("device", "height_px", "width_px", "num_ws", "z_dim", "classes"):
        assert getattr(playing, name) == getattr(plain, name), name
    for count in (1, 2, 3):
        z, shares = torch.randn(count, 8), torch.eye(3)[:count]
        torch.testing.assert_close(playing.map(z, shares), plain.map(z, shares))
        torch.testing.assert_close(playing.map(z), plain.map(z))
    held = playing.map(torch.ones(2, 8), torch.eye(3)[:2])
    kept_ones = held.clone()
    playing.map(-torch.ones(2, 8), torch.eye(3)[1:])
    assert torch.equal(held, kept_ones)
    assert torch.equal(playing.directions(7), plain.directions(7))
    assert describe_engine(playing).endswith("torch fp32 as one graph")


def test_a_hundred_swaps_leave_no_memory_behind() -> None:
    def swap(seed: int) -> None:
        playing = GpuRuntime(generator(CASES[0][0], NARROW, seed), CPU, choice=CAPTURED)
        playing.draw(torch.randn(playing.num_ws, 16), 1.0)

    def tensors() -> int:
        gc.collect()
        return sum(issubclass(type(each), Tensor) for each in gc.get_objects())

    swap(0)
    before = tensors()
    for seed in range(100):
        swap(seed)
    assert tensors() <= before


class Contender:
    """Draws one picture a little wrong, for a contest whose times are told."""

    def __init__(self, choice: Choice, off: dict[Precision, float]) -> None:
        self.off = off[choice.precision]

    def draw(self, ws: Tensor, noise: float) -> Tensor:
        return torch.zeros(1, 3, 4, 4) + self.off


def contend(
    monkeypatch: pytest.MonkeyPatch,
    times: Sequence[tuple[float, float]],
    off: float = 0.0,
    failing: Callable[[Choice], bool] = lambda choice: False,
    widths: Widths = NARROW,
) -> Choice:
    """What is chosen on a card, where the way before and the next one took these times."""

    def build(choice: Choice) -> Contender:
        if failing(choice):
            raise RuntimeError("no such kernel\nand more")
        return Contender(choice, {"float32": 0.0, "bfloat16": off, "float16": off})

    measured, card = iter(times), torch.device("cuda")
    monkeypatch.setattr(choosing, "shortest_s", lambda draws: next(measured))
    monkeypatch.setattr(choosing, "half_precision", lambda made, device: "bfloat16")
    return choose(generator(widths=widths), card, build, may_compile=True)


WINS, LOSES = (1.0, 0.5), (1.0, 0.97)


@pytest.mark.parametrize(
    ("times", "choice"),
    [
        ([WINS, WINS, WINS], Choice("bfloat16", captured=True, compiled=True)),
        ([WINS, WINS, LOSES], Choice("bfloat16", captured=True)),
        ([WINS, LOSES, LOSES], Choice("float32", captured=True)),
        ([LOSES, LOSES, LOSES], Choice("float32")),
    ],
)
def test_what_is_faster_is_chosen(
    times: list[tuple[float, float]], choice: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = contend(monkeypatch, times)
    assert found.psnr_db is not None and found.psnr_db > 150
    assert msgspec.structs.replace(found, psnr_db=None) == choice


def test_half_precision_that_shows_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    found = contend(monkeypatch, [WINS] * 3, off=0.1)
    assert found == Choice("float32", captured=True, compiled=True, psnr_db=26.0)


def test_what_fails_is_left_out_with_a_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    found = contend(monkeypatch, [WINS], failing=lambda choice: choice.captured or choice.compiled)
    assert found.precision == "bfloat16" and not (found.captured or found.compiled)
    assert [record.message for record in caplog.records] == [
        "without a graph of the whole frame: RuntimeError: no such kernel",
        "without torch.compile: RuntimeError: no such kernel",
    ]


def test_float16_is_for_what_was_trained_within_its_limits() -> None:
    assert half_precision(generator(widths=CLAMPED), CPU) == "float16"
    assert half_precision(generator(), CPU) == "bfloat16"
    assert half_precision(generator(), torch.device("mps")) == "float16"
    assert half_precision(tiny3.generator(), CPU) is None


def test_the_second_time_nothing_is_tried_and_a_damaged_choice_is_made_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[bool] = []

    def counting(made: Generator, device: object, build: object, *, may_compile: bool) -> Choice:
        tried.append(may_compile)
        return CAPTURED

    def find(made: Generator, *, moves: bool = False) -> Choice:
        return choice_for(made, CPU, lambda choice: Runtime(made, CPU), "tides", moves=moves)

    monkeypatch.setattr(choosing, "choose", counting)
    assert find(generator()) == find(generator()) == CAPTURED and tried == [True]
    find(generator(seed=1))
    assert tried == [True, True]
    find(generator(), moves=True), find(generator(seed=1), moves=True)
    assert tried == [True, True, False], "weights that move are never compiled, and tried once"
    find(generator(widths=WIDE), moves=True)
    assert len(tried) == 4
    for entry in (kept._path("x").parent).iterdir():
        entry.write_text('{"precision": "float64"}')
    assert find(generator()) == CAPTURED and len(tried) == 5


def test_it_is_prepared_and_played_in_one_call(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    made = generator(canvas_of(16, 16))
    playing = gpu_runtime_for(made, CPU, name="tides")
    ws = torch.randn(made.num_ws, 16)
    # Whatever was chosen here, it is the same picture.
    assert psnr_db(playing.draw(ws, 1.0), Runtime(made, CPU).draw(ws, 1.0)) > 30
    assert caplog.records[0].message.startswith("Preparing tides for CPU")


def test_a_kept_choice_that_fails_is_found_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    choices = iter([Choice("float32", captured=True, compiled=True), CAPTURED])
    monkeypatch.setattr(choosing, "choose", lambda *_, **__: next(choices))

    def no_compiler(*_: object, **__: object) -> None:
        raise RuntimeError("no C++ compiler\nand more")

    monkeypatch.setattr(torch, "compile", no_compiler)
    assert gpu_runtime_for(generator(), CPU, name="tides").choice == CAPTURED
    assert [record.message for record in caplog.records] == [
        "tides is prepared again: RuntimeError: no C++ compiler"
    ]
    assert gpu_runtime_for(generator(), CPU).choice == CAPTURED, "and kept"


def test_where_the_card_fails_plain_torch_plays_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("driver shut down\nand more")

    monkeypatch.setattr("models.engines.gpu_runtime_for", fail)
    monkeypatch.setattr("models.engines.describe", lambda device: "A card")
    monkeypatch.setattr("models.engines.runtime.Runtime", lambda *_: "plain torch")
    assert runtime_for(generator(), torch.device("cuda"), name="tides") == "plain torch"
    assert [record.message for record in caplog.records] == [
        "torch plays tides without preparation: A card failed: RuntimeError: driver shut down"
    ]


ON_A_CARD = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]


class TestOnACard:
    """The same on CUDA, where it is captured in earnest."""

    pytestmark = ON_A_CARD

    @pytest.mark.parametrize("precision", ["float32", *HALVES])
    @pytest.mark.parametrize("case", CASES, ids=lambda case: str(case)[:20])
    def test_a_captured_graph_draws_the_plain_pictures(
        self, case: tuple[Canvas, Widths], precision: Precision
    ) -> None:
        made, card = generator(*case), torch.device("cuda")
        playing = GpuRuntime(generator(*case), card, choice=Choice(precision, captured=True))
        assert type(playing._synthesise) is Captured
        for noise in (1.0, 0.0, 2.5):
            ws = torch.randn(made.num_ws, made.widths.w_dim)
            found = playing.draw(ws.to(card), noise).cpu()
            expected = plain_picture(made, ws, noise)
            gate = "bfloat16" if precision == "float32" else precision  # TF32 included
            assert faithful(found, expected, gate)

    def test_it_is_bent_and_blended_as_on_a_cpu(self) -> None:
        card, choice = torch.device("cuda"), Choice(captured=True)
        drawn, bend = [], Bend(kind=8, amount=0.3, layer=0.4, channels=0)
        for device in (CPU, card):
            a, b = (
                GpuRuntime(kin(share, canvas_of(32, 16), WIDE), device, choice=choice).pliant
                for share in (0.0, 1.0)
            )
            assert a is not None and b is not None
            blend = a.blend(b)
            assert blend is not None
            random = torch.Generator().manual_seed(1)
            ws = torch.randn(a.num_ws, 8, generator=random).to(device)
            drawn.append(blend.at([0.4] * a.num_ws).draw(ws, 1.0, [bend]).cpu())
        assert faithful(drawn[1], drawn[0], "bfloat16")  # TF32 included

    def test_its_sketch_is_that_of_a_cpu(self) -> None:
        plain = Runtime(generator(*CASES[1]), CPU)
        playing = GpuRuntime(generator(*CASES[1]), torch.device("cuda"), choice=CAPTURED)
        ws = torch.randn(plain.num_ws, plain.generator.widths.w_dim)
        for each in (plain, playing):
            each.prepare_sketch()
        assert plain.sketch is not None and playing.sketch is not None
        found = playing.sketch.draw(ws.to("cuda"), 0.7).cpu()
        assert faithful(found, plain.sketch.draw(ws, 0.7), "bfloat16")  # TF32 included

    def test_it_goes_on_with_weights_that_move(self) -> None:
        card, choice = torch.device("cuda"), Choice("bfloat16", captured=True)
        playing, goal = (
            GpuRuntime(kin(share, canvas_of(32, 16), WIDE), card, choice=choice)
            for share in (0.0, 1.0)
        )
        ws = torch.randn(playing.num_ws, 8, device=card)
        way = playing.drift(goal)
        assert way is not None and way.advance(1.0)
        assert torch.equal(playing.draw(ws, 1.0), goal.draw(ws, 1.0))

    def test_a_model_is_prepared_beside_another_that_plays(self) -> None:
        from threading import Thread

        card = torch.device("cuda")
        playing = GpuRuntime(generator(*CASES[1]), card, choice=CAPTURED)
        ws, made = torch.randn(playing.num_ws, 8, device=card), []
        other = Thread(
            target=lambda: made.append(GpuRuntime(generator(*CASES[2]), card, choice=CAPTURED))
        )
        expected = playing.draw(ws, 1.0).clone()
        other.start()
        while other.is_alive():
            assert torch.equal(playing.draw(ws, 1.0), expected)
        assert len(made) == 1

    def test_a_hundred_swaps_leave_no_memory_behind(self) -> None:
        card = torch.device("cuda")

        def swap(seed: int) -> int:
            playing = GpuRuntime(generator(*CASES[1], seed), card, choice=CAPTURED)
            playing.draw(torch.zeros(playing.num_ws, 8, device=card), 1.0)
            del playing
            gc.collect()
            return torch.cuda.memory_allocated(card)

        begin = swap(0)
        assert max(swap(seed) for seed in range(100)) <= begin

    def test_everything_is_tried_and_something_plays(self) -> None:
        playing = runtime_for(generator(canvas_of(64, 64), WIDE), torch.device("cuda"))
        assert isinstance(playing, GpuRuntime) and playing.choice.captured
