"""The last step on the device: an image as the bytes that a display takes."""

import torch
from torch import Tensor


def to_bytes(image: Tensor, level: float) -> Tensor:
    """(1, 3, H, W) within 0..255, dimmed to `level` 0..1, as contiguous uint8 (H, W, 3)."""
    pixels = image[0].permute(1, 2, 0)
    if level < 1.0:
        pixels = pixels * level
    return (pixels + 0.5).to(torch.uint8).contiguous()
