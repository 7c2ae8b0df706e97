"""The input of StyleGAN3: waves in place of a constant, so that a picture can be moved and turned.

Sections 3.1 and 3.2 of arXiv 2106.12423 (configurations B and H).
"""

import math

import torch
from torch import Tensor, nn

from models.networks import Dense
from models.stylegan3.layout import Signal


class FourierInput(nn.Module):
    """A plane of random waves, placed by w, mixed to features."""

    freqs: Tensor
    phases: Tensor
    transform: Tensor

    def __init__(self, signal: Signal, w_dim: int) -> None:
        super().__init__()
        self.signal = signal
        self.weight = nn.Parameter(torch.randn(signal.channels, signal.channels))
        self.affine = Dense(w_dim, 4)
        self.register_buffer("transform", torch.eye(3))
        self.register_buffer("freqs", frequencies(signal.channels, signal.cutoff))
        self.register_buffer("phases", torch.rand(signal.channels) - 0.5)
        with torch.no_grad():
            self.affine.weight.zero_()
            self.affine.bias.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0]))

    def forward(self, w: Tensor) -> Tensor:
        """(N, w_dim) to (N, channels, size_px, size_px)."""
        matrix, offset = self.placed(w)
        waves = self.freqs @ matrix
        phases = self.phases + offset @ self.freqs.t()
        place = self.grid()
        angles = waves @ place.t() + phases[..., None]
        features = torch.sin(2.0 * math.pi * angles) * self.amplitudes(waves)[..., None]
        weight = self.weight / math.sqrt(self.signal.channels)
        return (weight @ features).unflatten(2, (self.signal.size_px, self.signal.size_px))

    def placed(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """The map p -> matrix p + offset from a place in the picture to one on the waves.

        `transform` acts on p first, then comes w's own shift, then its turn; (N, 2, 2), (N, 2).
        """
        learned = self.affine(w)
        learned = learned / learned[:, :2].norm(dim=1, keepdim=True)
        cosine, sine, x, y = learned.unbind(dim=1)
        turn = torch.stack([cosine, -sine, sine, cosine], dim=1).reshape(-1, 2, 2)
        shifted = self.transform[:2, 2] - torch.stack([x, y], dim=1)
        return turn @ self.transform[:2, :2], (turn @ shifted[..., None])[..., 0]

    def grid(self) -> Tensor:
        """The place (x, y) of each sample, row by row (size_px**2, 2); 0 is the centre."""
        size_px = self.signal.size_px
        line = torch.arange(size_px, device=self.freqs.device, dtype=self.freqs.dtype)
        line = (line + 0.5 - size_px / 2) / self.signal.rate
        return torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=2).reshape(-1, 2)

    def amplitudes(self, waves: Tensor) -> Tensor:
        """1 within the band, falling to 0 at half the rate: a zoom out must not alias."""
        over = waves.norm(dim=-1) - self.signal.cutoff
        return (1.0 - over / (self.signal.rate / 2 - self.signal.cutoff)).clamp(0.0, 1.0)


def frequencies(count: int, cutoff: float) -> Tensor:
    """Points (count, 2) spread evenly over the disc of radius `cutoff`."""
    direction = nn.functional.normalize(torch.randn(count, 2), dim=1)
    return direction * torch.rand(count, 1).sqrt() * cutoff
