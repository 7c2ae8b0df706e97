"""The networks of gestures: a generator that goes on for ever, and a discriminator of windows.

Both are gated recurrent units (Cho et al., arXiv 1406.1078), as in C-RNN-GAN (Mogren, arXiv
1611.09904) and RCGAN (Esteban et al., arXiv 1706.02633): noise goes in at every step.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SLOW_S = 4.0  # how long a mood lasts
SPEED_FLOOR = 0.02
REST = 0.05  # what is less than this share of the way is none


class State(NamedTuple):
    """Where a generator stands: `hidden` (N, hidden), `slow` (N, slow), `hand` (N, parameters)."""

    hidden: Tensor
    slow: Tensor
    hand: Tensor


class GestureGenerator(nn.Module):
    """Moves all parameters at once, a step at a time.

    A step says where each parameter's hand is heading and how much of the way it goes now: so hands
    rest where they go no part of it, glide where they go a small one, never leap out of the range,
    and start from wherever they are. Positions are 0..1 in the range from `low` to `high`.
    """

    low: Tensor
    high: Tensor

    def __init__(
        self, parameters: int, *, hidden: int, noise: int, slow: int, rate_hz: float
    ) -> None:
        super().__init__()
        self.noise, self.rate_hz = noise, rate_hz
        self.cell = nn.GRUCell(parameters + noise + slow, hidden)
        self.heading = nn.Linear(hidden, parameters)
        self.share = nn.Linear(hidden, parameters)
        self.register_buffer("low", torch.zeros(parameters))
        self.register_buffer("high", torch.ones(parameters))
        nn.init.constant_(self.share.bias, -2.0)

    @property
    def widths(self) -> tuple[int, int, int, int]:
        """How many parameters, hidden units, noises of a step and slow noises."""
        parameters = len(self.low)
        slow = self.cell.input_size - parameters - self.noise
        return parameters, self.cell.hidden_size, self.noise, slow

    def begin(self, hand: Tensor, slow: Tensor) -> State:
        """The state before the first step, from positions (N, parameters) and noise (N, slow)."""
        return State(hand.new_zeros(len(hand), self.cell.hidden_size), slow, hand)

    def step(self, state: State, noise: Tensor) -> State:
        """The next state, by normal noise (N, noise + slow)."""
        kept = float(torch.exp(torch.tensor(-1.0 / (SLOW_S * self.rate_hz))))
        fresh = noise[:, self.noise :]
        slow = kept * state.slow + (1.0 - kept**2) ** 0.5 * fresh
        inputs = torch.cat([2.0 * state.hand - 1.0, noise[:, : self.noise], slow], dim=1)
        hidden = self.cell(inputs, state.hidden)
        share = rested(self.share(hidden).sigmoid())
        hand = state.hand + share * (self.heading(hidden).sigmoid() - state.hand)
        return State(hidden, slow, hand)

    def forward(self, state: State, noise: Tensor) -> tuple[Tensor, State]:
        """Positions (N, steps, parameters) by noise (N, steps, noise + slow); the last state."""
        hands = []
        for at_step in noise.unbind(dim=1):
            state = self.step(state, at_step)
            hands.append(state.hand)
        return torch.stack(hands, dim=1), state


def rested(share: Tensor) -> Tensor:
    """Shares 0..1 of which small ones are exactly 0: a hand that rests does not creep.

    Gradients pass as if nothing had been done (straight-through, arXiv 1308.3432), so that a hand
    that rests can still learn to move.
    """
    resting = ((1.0 + REST) * share - REST).relu()
    return share + (resting - share).detach()


class GestureDiscriminator(nn.Module):
    """Tells recorded windows from generated ones, read forwards and backwards.

    It is shown where the parameters are, how fast each moves, and how much the windows of a batch
    differ from each other (minibatch deviation, arXiv 1710.10196).
    """

    speed: Tensor

    def __init__(self, parameters: int, *, hidden: int) -> None:
        super().__init__()
        self.reader = nn.GRU(3 * parameters, hidden, batch_first=True, bidirectional=True)
        self.inner = nn.Linear(4 * hidden + 1, hidden)
        self.verdict = nn.Linear(hidden, 1)
        self.register_buffer("speed", torch.ones(parameters))

    def forward(self, windows: Tensor) -> Tensor:
        """Logits (N, 1) of positions (N, steps, parameters)."""
        moved = F.pad(windows.diff(dim=1), (0, 0, 1, 0)) / self.speed
        # Of slow movement and fast movement alike something is to be seen.
        seen = torch.cat([2.0 * windows - 1.0, 0.3 * moved, torch.tanh(2.0 * moved)], dim=2)
        read, _ = self.reader(seen)
        summary = torch.cat([read.mean(dim=1), read.amax(dim=1)], dim=1)
        variety = (windows.var(dim=0, unbiased=False) + 1e-8).sqrt().mean()
        summary = torch.cat([summary, variety.expand(len(windows), 1)], dim=1)
        verdict: Tensor = self.verdict(F.leaky_relu(self.inner(summary), 0.2))
        return verdict
