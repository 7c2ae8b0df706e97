"""A network out of another program's file, fitted into ours."""

import re
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from models.importers.refusal import ImporterError, refuse, shown
from models.importers.shapes import COLOURS, measure
from models.networks import Discriminator, Generator, fir_kernel

FILTER_TOLERANCE = 1e-6
W_SAMPLES = 10_000


@dataclass(slots=True)
class Found:
    """What was found in a file: weights by the names of the official PyTorch release, unchecked.

    `clamp` cuts each layer's values, 0 does not. Without a `mapping.w_avg` the mean of W is
    sampled; filters and noise that a file does not hold are the usual ones.
    """

    program: str
    generator: dict[str, Tensor]
    discriminator: dict[str, Tensor] = field(default_factory=dict)
    clamp: float = 0.0

    def networks(self) -> tuple[Generator, Discriminator | None]:
        """Our networks with its weights; raises `ImporterError` where the generator differs.

        A discriminator that differs is left out: it is only of use to train on.
        """
        state = dict(self.generator)
        _spread_grey(state, r"synthesis\.b\d+\.torgb\.(weight|bias)", 0, gain=1.0)
        canvas, widths = measure(state, self.clamp)
        averaged = "mapping.w_avg" in state
        state.setdefault("mapping.w_avg", torch.zeros(widths.w_dim))
        with torch.device("meta"):
            generator, discriminator = Generator(canvas, widths), Discriminator(canvas, widths)
        _load(generator, state)
        if not averaged:
            _sample_average(generator)
        return generator, discriminator if self._judges(discriminator) else None

    def _judges(self, discriminator: Discriminator) -> bool:
        """Load the file's discriminator, where it is one of ours."""
        state = dict(self.discriminator)
        # Seen thrice, a grey picture counts as much: each of n inputs is scaled by n ** -0.5.
        _spread_grey(state, r"b\d+\.fromrgb\.weight", 1, gain=COLOURS**-0.5)
        try:
            _load(discriminator, state)
        except ImporterError:
            return False
        return True


def _spread_grey(state: dict[str, Tensor], pattern: str, dim: int, *, gain: float) -> None:
    """One grey channel becomes three equal ones."""
    for name, tensor in state.items():
        if re.fullmatch(pattern, name) and tensor.dim() > dim and tensor.shape[dim] == 1:
            state[name] = tensor.repeat_interleave(COLOURS, dim) * gain


def _load(network: nn.Module, state: dict[str, Tensor]) -> None:
    """Give a network of no memory these weights; raises `ImporterError` where they do not fit."""
    expected = network.state_dict()
    _complete(state, expected)
    for name in sorted(expected.keys() | state.keys()):
        if name not in state or name not in expected:
            refuse(f"it {'misses' if name in expected else 'has an unknown'} {shown(name)}")
        found, wanted = tuple(state[name].shape), tuple(expected[name].shape)
        if found != wanted:
            refuse(f"{name} has the shape {found} instead of {wanted}")
        # A copy of its own: in a file tensors may share memory, or be of half precision.
        state[name] = state[name].to(torch.float32, copy=True).contiguous()
        if not torch.isfinite(state[name]).all():
            refuse(f"{name} holds NaN or infinite values")
        if name.endswith("resample_filter"):
            _check_filter(name, state[name])
    network.load_state_dict(state, assign=True)
    network.eval().requires_grad_(False)


def _complete(state: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """Add the filters and the noise that not every program keeps."""
    random = torch.Generator().manual_seed(0)
    for name in expected.keys() - state.keys():
        if name.endswith("resample_filter"):
            state[name] = fir_kernel()
        elif name.endswith("noise_strength"):
            state[name] = torch.zeros([])
    for name in sorted(expected.keys() - state.keys()):
        if name.endswith("noise_const"):
            state[name] = torch.randn(expected[name].shape, generator=random)


def _check_filter(name: str, kernel: Tensor) -> None:
    if (kernel - fir_kernel()).abs().max() > FILTER_TOLERANCE:
        refuse(f"{name} is another filter than [1, 3, 3, 1], the only one known")


@torch.inference_mode()
def _sample_average(generator: Generator) -> None:
    """The mean of W, as the same 10,000 latents give it."""
    random = torch.Generator().manual_seed(0)
    z = torch.randn(W_SAMPLES, generator.widths.z_dim, generator=random)
    generator.mapping.w_avg.copy_(generator.mapping(z).mean(dim=0))
