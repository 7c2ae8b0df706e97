"""What the instrument tells its page's process when it starts it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """`board` is the shared memory's name; without `token` only this machine is let in.

    `osc` is host and port where the instrument hears OSC, None where it does not.
    """

    board: str
    title: str
    url: str
    token: str | None
    osc: tuple[str, int] | None
    pid: int
