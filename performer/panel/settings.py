"""What the instrument tells its page's process when it starts it."""

from dataclasses import dataclass

from performer.panel.whereabouts import as_now


@dataclass(frozen=True, slots=True)
class Settings:
    """`board` is the shared memory's name; without `token` only this machine is let in.

    `url` is where the page was when it began.

    `osc` is host and port where the instrument hears OSC, None where it does not.
    """

    board: str
    title: str
    url: str
    token: str | None
    osc: tuple[str, int] | None
    pid: int

    @property
    def url_now(self) -> str:
        """The page's URL, on a network at the address that this machine has now."""
        return as_now(self.url) if self.token else self.url
