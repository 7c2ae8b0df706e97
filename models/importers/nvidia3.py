"""NVIDIA's release of StyleGAN3, T and R, as its PyTorch code keeps it (.pkl)."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from models.importers.modules import averaged_generator, held, part, scale_mapping, tensors
from models.importers.refusal import refuse, shown
from models.stylegan3.networks import Generator
from models.stylegan3.release import ReleaseError, read_release

REASON = 400


@dataclass(slots=True)
class FoundStyleGAN3:
    """The weights of a generator, and the values with which it was made, unchecked."""

    values: Mapping[str, object]
    weights: dict[str, Tensor]

    @property
    def program(self) -> str:
        """Only configuration R has filters that are blind to direction."""
        radial = any(n.endswith("down_filter") and t.ndim == 2 for n, t in self.weights.items())
        return f"StyleGAN3-{'R' if radial else 'T'} by NVIDIA, PyTorch"

    def networks(self) -> tuple[Generator, None]:
        """Our network with its weights; raises `ImporterError` where they differ.

        Its discriminator is left out: StyleGAN3 is not trained here.
        """
        # A copy of each: in a file tensors may share memory.
        state = {n: t.to(torch.float32, copy=True).contiguous() for n, t in self.weights.items()}
        for name, tensor in state.items():
            if not torch.isfinite(tensor).all():
                refuse(f"{shown(name)} holds NaN or infinite values")
        try:
            return read_release(self.values, state), None
        except ReleaseError as error:
            refuse(f"it {shown(str(error), REASON)}")


def find(tree: object) -> FoundStyleGAN3 | None:
    """The averaged generator, or None."""
    generator = averaged_generator(tree)
    if generator is None or "input" not in held(part(generator, "synthesis"), "_modules"):
        return None
    values = generator.attributes.get("_init_kwargs")
    state = tensors(generator)
    scale_mapping(state, generator)
    return FoundStyleGAN3(values if isinstance(values, dict) else {}, state)
