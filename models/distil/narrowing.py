"""A student's first weights, taken over from its teacher: the channels that tell most.

Xu et al., "Mind the Gap in Distilling StyleGANs" (arXiv 2208.08840), found that a student which
begins with its teacher's weights ends far nearer to it. Here the two are walked through side by
side. Of every feature map those channels stay that tell most of what the layers which read it
hear (channels are pruned as in "Content-Aware GAN Compression", arXiv 2104.02244, but a channel
is not worth its energy where others carry the same). The weights of each layer are then carried
over by least squares (He et al., arXiv 1707.06168): what the teacher's channels bring to a layer
is put together anew from what the student's channels bring there, errors of the layers before
included. A convolution is linear in its channels, so that this is one small matrix a layer,
whatever its kernel.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from models.distil.latents import sample_w
from models.networks import Generator, StyledConv, SynthesisBlock, ToRGB

SAMPLES, SAMPLES_MINIMUM = 512, 4
PIXELS_AT_ONCE = 1 << 17
RIDGE = 1e-4
LEAST = 1e-12

Layer = StyledConv | ToRGB


@torch.no_grad()
def narrow(teacher: Generator, student: Generator) -> None:
    """Give the student its teacher's mapping, and of each level what of it has room.

    The student's canvas is the teacher's or a smaller one with the same base.
    """
    student.mapping.load_state_dict(teacher.mapping.state_dict())
    _Walk(teacher, student).to_the_top()


class _Walk:
    """The features of both networks on the way up, of the same w (N, w_dim)."""

    def __init__(self, teacher: Generator, student: Generator) -> None:
        self.levels = student.canvas.levels
        self.blocks = [_blocks(network, self.levels) for network in (teacher, student)]
        self.w = sample_w(teacher, SAMPLES)
        first, narrow_first = (blocks[0] for blocks in self.blocks)
        self.kept = self._choose(first.const[None], [first.conv1], len(narrow_first.const))
        narrow_first.const.copy_(first.const[self.kept])
        self.x, self.y = first.const[None], narrow_first.const[None]

    def to_the_top(self) -> None:
        """Level after level; the higher, the fewer pictures, for each has more pixels."""
        for level in self.levels:
            wide, slim = (blocks[level] for blocks in self.blocks)
            height, width = slim.conv1.noise_const.shape
            count = max(SAMPLES_MINIMUM, PIXELS_AT_ONCE // (height * width))
            self.w = self.w[:count]
            self.x, self.y = (f.expand(len(self.w), -1, -1, -1) if level == 0 else f[:count]
                              for f in (self.x, self.y))  # fmt: skip
            if level > 0:
                self._carry(wide.conv0, slim.conv0, [wide.conv1])
            above = [self.blocks[0][level + 1].conv0] if level + 1 < len(self.levels) else []
            self._carry(wide.conv1, slim.conv1, [wide.torgb, *above])
            self._carry_weight(wide.torgb, slim.torgb, torch.arange(3))
            slim.torgb.weight.mul_(wide.torgb.weight_gain / slim.torgb.weight_gain)

    def _carry(self, wide: StyledConv, slim: StyledConv, readers: Sequence[Layer]) -> None:
        """A convolution, and the features that come out of it for its readers."""
        features = wide(self.x, self.w, draws=None)
        outputs = self._choose(features, readers, len(slim.weight))
        self._carry_weight(wide, slim, outputs)
        slim.noise_const.copy_(wide.noise_const)
        slim.noise_strength.copy_(wide.noise_strength)
        self.x, self.y = features, slim(self.y, self.w, draws=None)
        self.kept = outputs

    def _carry_weight(self, wide: Layer, slim: Layer, outputs: Tensor) -> None:
        """The styles of the channels that are kept, and weights that make do with them."""
        slim.affine.weight.copy_(wide.affine.weight[self.kept])
        slim.affine.bias.copy_(wide.affine.bias[self.kept])
        brought = _channels_first(self._brought(self.x, wide))
        left = _channels_first(self._brought(self.y, slim))
        carried = torch.einsum("oihw,ij->ojhw", wide.weight[outputs], regression(brought, left))
        slim.weight.copy_(carried)
        slim.bias.copy_(wide.bias[outputs])

    def _choose(self, features: Tensor, readers: Sequence[Layer], count: int) -> Tensor:
        """The indices of the `count` channels that tell most of what the readers hear."""
        gram = torch.zeros(features.shape[1], features.shape[1], device=features.device)
        for reader in readers:
            loudness = reader.weight.square().sum(dim=(0, 2, 3)).sqrt()
            heard = _channels_first(self._brought(features, reader) * loudness[:, None, None])
            moments = heard @ heard.t()
            gram += moments / moments.diagonal().sum().clamp_min(LEAST)
        return most_telling(gram, count)

    def _brought(self, features: Tensor, reader: Layer) -> Tensor:
        """What features (N, C, H, W) bring to a layer that reads them: they, by its styles."""
        return features * reader.affine(self.w)[:, :, None, None]


def regression(wide: Tensor, slim: Tensor) -> Tensor:
    """The matrix (C, c) by which (c, N) channels come nearest to (C, N) ones, least squares."""
    moments = slim @ slim.t()
    ridge = RIDGE * moments.diagonal().mean().clamp_min(LEAST)
    moments.diagonal().add_(ridge)
    between = slim @ wide.t()
    # On the host: not every device knows double precision.
    solved: Tensor = torch.linalg.solve(moments.cpu().double(), between.cpu().double())
    return solved.t().to(wide)


def most_telling(gram: Tensor, count: int) -> Tensor:
    """The indices, rising, of `count` channels by whose sums all come nearest; `gram` is (C, C).

    Greedily: always the one that explains most of what those before leave of all (C, N) channels,
    whose products gram holds. Two that are alike are never both chosen before one that is not.
    """
    left = gram.cpu().double()
    open_ = torch.ones(len(gram), dtype=torch.bool)
    for _ in range(count):
        own = left.diagonal().clamp_min(LEAST * float(left.diagonal().sum()))
        gains = (left.square().sum(dim=0) / own).masked_fill(~open_, -1.0)
        best = int(gains.argmax())
        open_[best] = False
        left = left - torch.outer(left[best], left[best]) / own[best]
    return (~open_).nonzero()[:, 0]


def _blocks(network: Generator, levels: range) -> list[SynthesisBlock]:
    return [getattr(network.synthesis, f"b{4 << level}") for level in levels]


def _channels_first(x: Tensor) -> Tensor:
    """(N, C, H, W) to (C, N H W)."""
    return x.transpose(0, 1).flatten(1)
