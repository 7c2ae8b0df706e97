"""From a checkpoint of the official StyleGAN3 release to a generator of ours.

What the shapes of the weights tell is taken from them; the rest, which they cannot tell, from the
values with which the network was made (`init_kwargs`), or else from the release's defaults.
"""

import re
from collections.abc import Mapping

import msgspec
import torch
from torch import Tensor

from models.canvas import canvas_of
from models.networks import Widths
from models.stylegan3.layout import StyleGAN3, colours_name
from models.stylegan3.networks import Generator

LAYER = re.compile(r"synthesis\.(L(\d{1,2})_(\d{1,4})_\d{1,4})\.weight")
CLAMP = 256.0
# Ours, and the release's name for it.
VALUES = {
    "num_critical": "num_critical",
    "first_cutoff": "first_cutoff",
    "first_stopband": "first_stopband",
    "last_stopband_rel": "last_stopband_rel",
    "margin_px": "margin_size",
    "taps": "filter_size",
    "upsampling": "lrelu_upsampling",
    "output_scale": "output_scale",
}


class ReleaseError(ValueError):
    """Weights that are no StyleGAN3 generator as released: the end of a sentence on their file."""


def read_release(values: Mapping[str, object], weights: Mapping[str, Tensor]) -> Generator:
    """A generator in evaluation mode, from the `state_dict` of a released G or G_ema.

    `values` are its `init_kwargs`, {} where they are lost. A network of grey pictures becomes one
    of three equal colours. No memory is taken but for weights that are not float32. Raises
    `ReleaseError`.
    """
    try:
        generator = _blank(values, weights)
        coloured = _coloured(weights, generator)
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise ReleaseError(f"has not the parts of a StyleGAN3 generator ({error})") from None
    floats = {name: tensor.float() for name, tensor in coloured.items()}
    expected = generator.state_dict()
    for name in sorted(expected.keys() | floats.keys()):
        found, wanted = (
            tuple(tensors[name].shape) if name in tensors else "nothing"
            for tensors in (floats, expected)
        )
        if found != wanted:
            raise ReleaseError(
                f"is no StyleGAN3 as released: {name} is {found} instead of {wanted}"
            )
    generator.load_state_dict(floats, assign=True)
    return generator.eval().requires_grad_(False)


def _blank(values: Mapping[str, object], weights: Mapping[str, Tensor]) -> Generator:
    """The generator that the values and shapes tell of, without memory for its weights."""
    layers = sorted((int(m[2]), int(m[3]), m[1]) for m in map(LAYER.fullmatch, weights) if m)
    (_, _, first), (_, _, last), (num_layers, size_px, _) = layers[0], layers[-2], layers[-1]
    told = {ours: values[theirs] for ours, theirs in VALUES.items() if theirs in values}
    told |= {
        "num_layers": num_layers,
        "kernel": weights[f"synthesis.{first}.weight"].shape[-1],
        "radial": weights[f"synthesis.{first}.down_filter"].ndim == 2,
    }
    design, canvas = msgspec.convert(told, StyleGAN3), canvas_of(size_px, size_px)
    if not design.suits(canvas):
        raise ValueError(f"out of range: {canvas}, {design}")
    widths = _widths(values, weights, len(weights[f"synthesis.{last}.weight"]) * size_px)
    with torch.device("meta"):
        return Generator(canvas, widths, design)


def _widths(values: Mapping[str, object], weights: Mapping[str, Tensor], base: int) -> Widths:
    """`base` is the channel base that the last layer's width tells."""
    w_dim, z_dim = weights["mapping.fc0.weight"].shape
    classes = 0
    if "mapping.embed.weight" in weights:
        # A class comes to fc0 as long as a w, after z.
        z_dim, classes = z_dim - w_dim, weights["mapping.embed.weight"].shape[1]
    if w_dim < 1 or z_dim < 1:
        raise ValueError("mapping.fc0.weight has no room for z")
    clamp = values.get("conv_clamp", CLAMP)
    return Widths(
        channel_base=msgspec.convert(values.get("channel_base", base), int),
        channel_max=len(weights["synthesis.input.weight"]),
        z_dim=z_dim,
        w_dim=w_dim,
        mapping_layers=sum(f"mapping.fc{i}.weight" in weights for i in range(16)),
        classes=classes,
        clamp=0.0 if clamp is None else msgspec.convert(clamp, float),
    )


def _coloured(weights: Mapping[str, Tensor], generator: Generator) -> dict[str, Tensor]:
    """The weights, those of a grey picture thrice."""
    ours = f"synthesis.{colours_name(generator.canvas, generator.design)}."
    grey = f"{ours[:-2]}1."
    found = {name.replace(grey, ours): tensor for name, tensor in weights.items()}
    for part in ("weight", "bias"):
        if f"{grey}{part}" in weights:
            found[f"{ours}{part}"] = weights[f"{grey}{part}"].repeat_interleave(3, dim=0)
    return found
