"""Canvas and widths of a generator, read off the shapes of its weights."""

import re
from collections.abc import Mapping

import msgspec
from torch import Tensor

from models.canvas import BASE_MAXIMUM_PX, BASE_MINIMUM_PX, DOUBLINGS_MAXIMUM, Canvas
from models.importers.refusal import refuse
from models.networks import Widths

BASE_MAXIMUM = 1 << 20
COLOURS = 3


def measure(state: Mapping[str, Tensor], clamp: float) -> tuple[Canvas, Widths]:
    """Canvas and widths; raises `ImporterError` where a weight is missing or of strange shape."""
    canvas = _canvas(state)
    names = [f"synthesis.b{4 << level}.conv1.weight" for level in canvas.levels]
    channels = tuple(_sizes(state, name, 4)[0] for name in names)
    embedded = classes = 0
    if "mapping.embed.weight" in state:
        embedded, classes = _sizes(state, "mapping.embed.weight", 2)
    layers = [name for name in state if re.fullmatch(r"mapping\.fc\d+\.weight", name)]
    widths = Widths(
        channel_base=_channel_base(channels),
        channel_max=max(channels),
        z_dim=max(_sizes(state, "mapping.fc0.weight", 2)[1] - embedded, 1),
        w_dim=_sizes(state, "synthesis.b4.conv1.affine.weight", 2)[1],
        mapping_layers=len(layers),
        classes=classes,
        clamp=clamp,
    )
    if tuple(widths.channels(level) for level in canvas.levels) != channels:
        widths = msgspec.structs.replace(widths, own_channels=channels)
    return canvas, widths


def _canvas(state: Mapping[str, Tensor]) -> Canvas:
    """The size of the constant, doubled for each level that has colours."""
    _, height_px, width_px = _sizes(state, "synthesis.b4.const", 3)
    if not all(BASE_MINIMUM_PX <= side <= BASE_MAXIMUM_PX for side in (height_px, width_px)):
        refuse("it starts from a constant of an unknown size")
    levels = {name for name in state if re.fullmatch(r"synthesis\.b\d+\.torgb\.weight", name)}
    doublings = len(levels) - 1
    if levels != {f"synthesis.b{4 << level}.torgb.weight" for level in range(doublings + 1)}:
        refuse("its levels are not those of StyleGAN2's skip architecture, the only one known")
    if not 1 <= doublings <= DOUBLINGS_MAXIMUM:
        refuse(f"its levels: {doublings + 1}, but models have 2 to {DOUBLINGS_MAXIMUM + 1}")
    colours = _sizes(state, "synthesis.b4.torgb.weight", 4)[0]
    if colours != COLOURS:
        refuse(f"it draws pictures of {colours} channels; grey and RGB are known")
    return Canvas(height_px, width_px, doublings)


def _channel_base(channels: tuple[int, ...]) -> int:
    """The base of the usual formula, from the levels that are narrower than the widest."""
    bases = [count * (4 << level) for level, count in enumerate(channels)]
    narrower = [base for base, count in zip(bases, channels, strict=True) if count < max(channels)]
    return min(max(narrower, default=bases[-1]), BASE_MAXIMUM)


def _sizes(state: Mapping[str, Tensor], name: str, dimensions: int) -> tuple[int, ...]:
    """The shape of a weight, none of its sizes 0."""
    if name not in state:
        refuse(f"it lacks {name}")
    sizes = tuple(state[name].shape)
    if len(sizes) != dimensions or 0 in sizes:
        refuse(f"{name} has the strange shape {sizes}")
    return sizes
