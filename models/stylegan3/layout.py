"""The layout of a StyleGAN3 synthesis network: what each layer samples, filters and crops.

Section 3.2 of Karras et al., "Alias-Free Generative Adversarial Networks" (arXiv 2106.12423).
Frequencies and sampling rates count cycles and samples across the picture, whose sides are 1.
"""

import math
from dataclasses import dataclass

import msgspec

from models.canvas import Canvas
from models.networks import Widths

LAYERS_MAXIMUM = 64
# Rounding must not double a rate that lies on a power of two (at 256 px one does).
ROUNDING = 1e-9


class StyleGAN3(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="stylegan3"):
    """What shapes such a network besides its canvas and widths; the defaults are configuration T.

    Configuration R has `kernel` 1, `radial` filters and twice the channels. `taps` is the length
    of a filter in samples of the lower of its two rates, `upsampling` the rate of the leaky ReLU
    over that of its layer, `last_stopband_rel` the last stop band over the last cutoff.
    """

    num_layers: int = 14
    num_critical: int = 2
    first_cutoff: float = 2.0
    first_stopband: float = 2.0**2.1
    last_stopband_rel: float = 2.0**0.3
    margin_px: int = 10
    kernel: int = 3
    radial: bool = False
    taps: int = 6
    upsampling: int = 2
    output_scale: float = 0.25

    @property
    def num_ws(self) -> int:
        """One w for the input, each layer and the colours."""
        return self.num_layers + 2

    def suits(self, canvas: Canvas) -> bool:
        """Whether a network can be made on this canvas, and is not absurdly large."""
        size_px, last_cutoff = canvas.height_px, canvas.height_px / 2
        return (
            size_px == canvas.width_px
            and size_px.bit_count() == 1
            and 1 <= self.num_critical < self.num_layers <= LAYERS_MAXIMUM
            and 0.5 <= self.first_cutoff < last_cutoff
            and self.first_cutoff < self.first_stopband < last_cutoff * self.last_stopband_rel
            and 1.0 < self.last_stopband_rel <= 16.0
            and 0 <= self.margin_px <= 64
            and self.kernel in (1, 3)
            and self.taps in (2, 4, 6, 8, 10, 12)
            and self.upsampling in (2, 4)
            and 0.0 < self.output_scale <= 1e6
            and all(plan.surplus >= 0 for plan in plan_layers(canvas, Widths(), self))
        )


@dataclass(frozen=True, slots=True)
class Signal:
    """What flows between two layers: a square of samples that holds one band of frequencies.

    Up to `cutoff` frequencies pass; from `cutoff + half_width` on there are none.
    """

    cutoff: float
    half_width: float
    rate: int
    size_px: int
    channels: int


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """A layer: from one signal to the next, with its nonlinearity at a higher rate."""

    name: str
    source: Signal
    target: Signal
    kernel: int
    rate: int
    taps: int
    radial: bool

    @property
    def up(self) -> int:
        """How much denser the nonlinearity's samples are than the source's."""
        return self.rate // self.source.rate

    @property
    def down(self) -> int:
        """How much denser the nonlinearity's samples are than the target's."""
        return self.rate // self.target.rate

    @property
    def up_taps(self) -> int:
        """The length of the filter before the nonlinearity."""
        return self.taps * self.up

    @property
    def down_taps(self) -> int:
        """The length of the filter after the nonlinearity."""
        return self.taps * self.down

    @property
    def rate_px(self) -> int:
        """How many samples a side the nonlinearity works on."""
        return (self.target.size_px - 1) * self.down + self.down_taps

    @property
    def surplus(self) -> int:
        """How many more samples a side the whole upsampled source has; its middle is kept."""
        source_px = self.source.size_px + self.kernel - 1
        return (source_px - 1) * self.up + self.up_taps - self.rate_px


def plan_signals(canvas: Canvas, widths: Widths, design: StyleGAN3) -> list[Signal]:
    """The signal after each layer; the first is the input's, too (section 3.2, figure 4c).

    Cutoffs and stop bands grow geometrically until the critically sampled layers, which use all
    that the picture's rate allows. The last signal is cut to the picture, without margin.
    """
    last_cutoff = canvas.height_px / 2
    last_stopband = last_cutoff * design.last_stopband_rel
    signals = []
    for index in range(design.num_layers):
        share = min(index / (design.num_layers - design.num_critical), 1.0)
        cutoff = design.first_cutoff ** (1 - share) * last_cutoff**share
        stopband = design.first_stopband ** (1 - share) * last_stopband**share
        rate = 1 << math.ceil(math.log2(min(2 * stopband, canvas.height_px)) - ROUNDING)
        is_last = index == design.num_layers - 1
        size_px = canvas.height_px if is_last else rate + 2 * design.margin_px
        channels = max(1, round(min(widths.channel_base / 2 / cutoff, widths.channel_max)))
        signals.append(Signal(cutoff, max(stopband, rate / 2) - cutoff, rate, size_px, channels))
    return signals


def plan_layers(canvas: Canvas, widths: Widths, design: StyleGAN3) -> list[LayerPlan]:
    """The layers between the Fourier features and the colours, named as in the release."""
    signals = plan_signals(canvas, widths, design)
    plans = []
    for index, (source, target) in enumerate(zip(signals[:1] + signals, signals, strict=False)):
        critical = index >= design.num_layers - design.num_critical
        plan = LayerPlan(
            name=f"L{index}_{target.size_px}_{target.channels}",
            source=source,
            target=target,
            kernel=design.kernel,
            rate=max(source.rate, target.rate) * design.upsampling,
            taps=design.taps,
            radial=design.radial and not critical,
        )
        plans.append(plan)
    return plans


def colours_name(canvas: Canvas, design: StyleGAN3) -> str:
    """The name of the layer that turns features into colours."""
    return f"L{design.num_layers}_{canvas.height_px}_3"
