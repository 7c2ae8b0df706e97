"""Checkpoints of rosinality's stylegan2-pytorch (.pt), plain ones and those of its training."""

import re

from torch import Tensor

from models.importers.found import Found
from models.importers.renaming import Rename, first, noise_name, plane, renamed, scalar, whole


def _quarter(tensor: Tensor) -> Tensor:
    """Filters that enlarge are stored four times as strong."""
    return tensor / 4


def _flat(tensor: Tensor) -> Tensor:
    return tensor.flatten()


def _conv(match: re.Match[str]) -> str:
    """The first layer, or one of the pairs of every level above."""
    if match[1] == "conv1":
        return "synthesis.b4.conv1"
    index = int(match[2])
    return f"synthesis.b{8 << index // 2}.conv{index % 2}"


def _colours(match: re.Match[str]) -> str:
    return f"synthesis.b{4 if match[1] == 'to_rgb1' else 8 << int(match[2])}"


_LAYER = r"(conv1|convs\.(\d\d?))\."
_RGB = r"(to_rgb1|to_rgbs\.(\d\d?))\."
GENERATOR: tuple[Rename, ...] = (
    (r"style\.(\d\d?)\.(weight|bias)", lambda m: f"mapping.fc{int(m[1]) - 1}.{m[2]}", whole),
    (r"input\.input", lambda m: "synthesis.b4.const", first),
    (rf"{_LAYER}conv\.weight", lambda m: f"{_conv(m)}.weight", first),
    (rf"{_LAYER}conv\.modulation\.(weight|bias)", lambda m: f"{_conv(m)}.affine.{m[3]}", whole),
    (rf"{_LAYER}conv\.blur\.kernel", lambda m: f"{_conv(m)}.resample_filter", _quarter),
    (rf"{_LAYER}noise\.weight", lambda m: f"{_conv(m)}.noise_strength", scalar),
    (rf"{_LAYER}activate\.bias", lambda m: f"{_conv(m)}.bias", whole),
    (rf"{_RGB}conv\.weight", lambda m: f"{_colours(m)}.torgb.weight", first),
    (
        rf"{_RGB}conv\.modulation\.(weight|bias)",
        lambda m: f"{_colours(m)}.torgb.affine.{m[3]}",
        whole,
    ),
    (rf"{_RGB}bias", lambda m: f"{_colours(m)}.torgb.bias", _flat),
    (rf"{_RGB}upsample\.kernel", lambda m: f"{_colours(m)}.resample_filter", _quarter),
    (r"noises\.noise_(\d\d?)", lambda m: noise_name(int(m[1])), plane),
)


def find(tree: object) -> Found | None:
    """The averaged generator, and the discriminator of a training file; else None."""
    held: dict[object, object] = tree if isinstance(tree, dict) else {}
    state = next((held[key] for key in ("g_ema", "g") if key in held), held)
    if not (isinstance(state, dict) and {"input.input", "style.1.weight"} <= state.keys()):
        return None
    generator = renamed(_tensors(state), GENERATOR)
    if isinstance(average := held.get("latent_avg"), Tensor):
        generator["mapping.w_avg"] = average.flatten()
    judging = held.get("d")
    found = _discriminator(_tensors(judging)) if isinstance(judging, dict) else {}
    return Found("StyleGAN2 by rosinality", generator, found)


def _tensors(state: dict[object, object]) -> dict[str, Tensor]:
    return {str(name): value for name, value in state.items() if isinstance(value, Tensor)}


def _discriminator(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """`convs` go from the largest level, whose colours come first, down to 8."""
    levels = {int(name.split(".")[1]) for name in state if re.match(r"convs\.\d\d?\.", name)}

    def block(match: re.Match[str]) -> str:
        return f"b{4 << max(0, len(levels) - int(match[1]))}"

    level = r"convs\.(\d\d?)\."
    table: tuple[Rename, ...] = (
        (r"convs\.0\.0\.weight", lambda m: f"b{4 << len(levels) - 1}.fromrgb.weight", whole),
        (r"convs\.0\.1\.bias", lambda m: f"b{4 << len(levels) - 1}.fromrgb.bias", whole),
        (rf"{level}conv1\.[01]\.(weight|bias)", lambda m: f"{block(m)}.conv0.{m[2]}", whole),
        (rf"{level}conv2\.[12]\.(weight|bias)", lambda m: f"{block(m)}.conv1.{m[2]}", whole),
        (rf"{level}conv2\.0\.kernel", lambda m: f"{block(m)}.conv1.resample_filter", whole),
        (rf"{level}skip\.1\.weight", lambda m: f"{block(m)}.skip.weight", whole),
        (rf"{level}skip\.0\.kernel", lambda m: f"{block(m)}.skip.resample_filter", whole),
        (r"final_conv\.[01]\.(weight|bias)", lambda m: f"b4.conv.{m[1]}", whole),
        (r"final_linear\.0\.(weight|bias)", lambda m: f"b4.fc.{m[1]}", whole),
        (r"final_linear\.1\.(weight|bias)", lambda m: f"b4.out.{m[1]}", whole),
    )
    return renamed(state, table)
