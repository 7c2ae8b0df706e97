"""What the instrument asks of a MIDI system; one class for each library answers it.

Ports are opened by the name that the system lists them under. A message is bytes, and begins with
a status byte. Anything but `read`, `wait`, `check` and `send` may wait for the system and raise
what its library raises.
"""

from collections.abc import Sequence
from typing import Protocol

# So many messages may wait to be read; a burst of 5,000 fits.
QUEUE = 8192
Timed = tuple[Sequence[int], float]


class MidiInput(Protocol):
    """An open input: a device's, or our own to which others connect."""

    @property
    def dropped(self) -> int:
        """How many messages found the queue full since it was opened."""

    @property
    def lost(self) -> bool:
        """Whether its device went and came again while its name stayed: it must be reopened."""

    def read(self) -> list[Timed]:
        """Messages that came since the last time, and when (seconds of the clock); some at once."""

    def close(self) -> None:
        """Close it, also when its device is gone."""


class MidiOutput(Protocol):
    """An open output to a device."""

    def send(self, message: Sequence[int]) -> None:
        """Send one message of at most three bytes."""

    def close(self) -> None:
        """Close it, also when its device is gone."""


class MidiBackend(Protocol):
    """A MIDI system that answers; `name` is one of `midi_system.SYSTEMS`."""

    name: str

    def inputs(self) -> list[str]:
        """The names of all ports that can be read, our own among them."""

    def outputs(self) -> list[str]:
        """The names of all ports that can be sent to, our own among them."""

    def ports_changed(self) -> bool:
        """Whether `inputs` may answer otherwise than when this was last asked."""

    def open_input(self, port: str) -> MidiInput:
        """Open the input of a device."""

    def open_virtual_input(self) -> MidiInput | None:
        """Open `performer:in`, to which other programs connect; None where there is no such thing.

        At most once.
        """

    def open_output(self, port: str) -> MidiOutput:
        """Open the output to a device."""

    def wait(self, timeout_s: float) -> None:
        """Wait until there may be something to read or ports have changed, or for `timeout_s`."""

    def check(self) -> None:
        """Raise InputError with the reason when the system has gone; calls it not."""

    def close(self) -> None:
        """Close all ports and leave the system."""
