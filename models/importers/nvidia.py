"""NVIDIA's PyTorch releases: StyleGAN2-ADA, and the StyleGAN2 of StyleGAN3's code (.pkl)."""

import re

from models.importers.found import Found
from models.importers.modules import averaged_generator, held, part, scale_mapping, tensors
from models.importers.refusal import refuse
from models.importers.stand_ins import Instance


def find(tree: object) -> Found | None:
    """The averaged generator, and the discriminator if there is one; else None."""
    generator = averaged_generator(tree)
    if generator is None or "b4" not in held(part(generator, "synthesis"), "_modules"):
        return None
    _check_kind(generator)
    first = part(generator, "synthesis", "b4", "conv1")
    state = tensors(generator)
    scale_mapping(state, generator)
    discriminator = tree.get("D") if isinstance(tree, dict) else None
    judging = tensors(discriminator) if isinstance(discriminator, Instance) else {}
    clamp = first.attributes.get("conv_clamp")
    return Found(
        "StyleGAN2 by NVIDIA, PyTorch",
        state,
        # Its blocks hold a filter of their own that only another architecture uses.
        {n: t for n, t in judging.items() if not re.fullmatch(r"b\d+\.resample_filter", n)},
        clamp=float(clamp) if isinstance(clamp, int | float) else 0.0,
    )


def _check_kind(generator: Instance) -> None:
    """What the shapes of the weights cannot tell."""
    block = part(generator, "synthesis", "b4")
    if block.attributes.get("architecture", "skip") != "skip":
        refuse("its levels are not those of StyleGAN2's skip architecture, the only one known")
    for layer in (part(generator, "mapping", "fc0"), part(block, "conv1")):
        if layer.attributes.get("activation", "lrelu") != "lrelu":
            refuse("its layers have another activation than leaky ReLU, the only one known")
