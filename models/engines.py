"""Which engine plays a generator."""

import torch

from models import runtime
from models.architectures import AnyGenerator
from models.stylegan3 import networks as stylegan3
from models.stylegan3 import runtime as stylegan3_runtime

AnyRuntime = runtime.Runtime | stylegan3_runtime.Runtime


def runtime_for(generator: AnyGenerator, device: torch.device) -> AnyRuntime:
    """The generator ready to make one image a frame."""
    if isinstance(generator, stylegan3.Generator):
        return stylegan3_runtime.Runtime(generator, device)
    return runtime.Runtime(generator, device)
