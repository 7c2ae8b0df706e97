"""Which engine plays a generator."""

import torch
from torch import Tensor

from models import runtime
from models.architectures import AnyGenerator
from models.stylegan3 import networks as stylegan3
from models.stylegan3 import runtime as stylegan3_runtime

AnyRuntime = runtime.Runtime | stylegan3_runtime.Runtime


def runtime_for(
    generator: AnyGenerator, device: torch.device, directions: Tensor | None = None
) -> AnyRuntime:
    """The generator ready to make one image a frame, with its directions if it has any."""
    if isinstance(generator, stylegan3.Generator):
        return stylegan3_runtime.Runtime(generator, device, directions)
    return runtime.Runtime(generator, device, directions)
