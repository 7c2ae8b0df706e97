"""What happens to the image after the generator, on the device."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

# The YIQ axes of colour (NTSC, 1953): turning I and Q turns the hue.
TO_YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
FROM_YIQ = torch.linalg.inv(TO_YIQ)
WHITE = 255.0


class Effects:
    """Zoom, mirror, colour and trails; holds the light that lingers."""

    def __init__(self) -> None:
        self._trail: Tensor | None = None
        self._grid: Tensor | None = None

    def apply(self, image: Tensor, values: Mapping[str, float], dt_s: float) -> Tensor:
        """(1, 3, H, W), most of it within -1..1, to the same shape within 0..255."""
        image = self._zoom(image, values["zoom"])
        image = mirror(image, round(values["mirror"]))
        image = colour(image, values)
        return self._trails(image, values["trails"], dt_s)

    def clear(self) -> None:
        """Forget the light that lingers."""
        self._trail = None

    def _zoom(self, image: Tensor, zoom: float) -> Tensor:
        if zoom <= 1.0:
            return image
        if self._grid is None or self._grid.shape[1:3] != image.shape[2:]:
            identity = torch.eye(2, 3, device=image.device)[None]
            shape = [1, 3, image.shape[2], image.shape[3]]
            self._grid = F.affine_grid(identity, shape, align_corners=False)
        return F.grid_sample(image, self._grid / zoom, padding_mode="border", align_corners=False)

    def _trails(self, image: Tensor, trails_s: float, dt_s: float) -> Tensor:
        """Bright light fades with the time constant `trails_s`, as on phosphor."""
        if trails_s < 1e-3:
            self._trail = None
            return image
        if self._trail is not None:
            trail = self._trail
            if trail.shape != image.shape:  # of a model with another canvas
                trail = F.interpolate(trail, image.shape[2:], mode="bilinear", align_corners=False)
            image = torch.maximum(image, trail * math.exp(-dt_s / trails_s))
        self._trail = image
        return image


def mirror(image: Tensor, mode: int) -> Tensor:
    """Mirror (1, 3, H, W): 1 the left half to the right, 2 the upper to the lower, 3 both."""
    if mode & 1:
        left = image[..., : (image.shape[3] + 1) // 2]
        image = torch.cat([left, left[..., : image.shape[3] // 2].flip(3)], dim=3)
    if mode & 2:
        upper = image[:, :, : (image.shape[2] + 1) // 2]
        image = torch.cat([upper, upper[:, :, : image.shape[2] // 2].flip(2)], dim=2)
    return image


def colour(image: Tensor, values: Mapping[str, float]) -> Tensor:
    """Hue, saturation, contrast and brightness as one product: (1, 3, H, W) to 0..255."""
    contrast, half = values["contrast"], WHITE / 2
    offset = half + values["brightness"] * WHITE
    turn = math.radians(values["hue"])
    if turn == 0.0 and values["saturation"] == 1.0:
        return (image * (contrast * half)).add_(offset).clamp_(0.0, WHITE)
    cosine, sine = values["saturation"] * math.cos(turn), values["saturation"] * math.sin(turn)
    chroma = torch.tensor([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])
    matrix = (FROM_YIQ @ chroma @ TO_YIQ * (contrast * half)).to(image.device, image.dtype)
    # A plain product: a 1x1 convolution waits for all threads, which costs more than it saves.
    pixels = image.reshape(3, -1)
    return (matrix @ pixels).add_(offset).clamp_(0.0, WHITE).view(image.shape)


def to_bytes(image: Tensor, level: float) -> Tensor:
    """(1, 3, H, W) within 0..255, dimmed to `level` 0..1, as contiguous uint8 (H, W, 3)."""
    pixels = image[0].permute(1, 2, 0)
    if level < 1.0:
        pixels = pixels * level
    return (pixels + 0.5).to(torch.uint8).contiguous()
