"""The keys that belong to the window rather than to the patch: one table, and what they switch."""

from dataclasses import dataclass, field

OVERLAYS = ("help", "learn", "matrix", "hud")
CONFIRM_S = 2.0


@dataclass(frozen=True, slots=True)
class WindowKey:
    """Keys that do the same: their pygame names, which switch they turn, and the help's words.

    `alt+` before a name is that key while Alt is held down.
    """

    names: tuple[str, ...]
    switch: str
    label: str
    help: str


WINDOW_KEYS = (
    WindowKey(("escape", "q"), "closed", "Esc, Q", "Quit; in fullscreen by two presses."),
    WindowKey(
        ("f", "f11", "alt+return", "alt+enter"),
        "fullscreen",
        "F, F11",
        "Fullscreen or a window; also Alt+Enter.",
    ),
    WindowKey(("h",), "hud", "H", "Numbers, events and every parameter."),
    WindowKey(("m",), "matrix", "M", "What moves what, and the sound."),
    WindowKey(("f1", "?", "/"), "help", "F1, /, ?", "This help."),
)
SWITCH_OF = {name: key.switch for key in WINDOW_KEYS for name in key.names}


class Confirmation:
    """Two strokes within `CONFIRM_S`; a key that is held down, and repeats, is one stroke."""

    def __init__(self) -> None:
        self._down: set[str] = set()
        self._asked_s = float("-inf")

    def is_stroke(self, key: str, pressed: bool) -> bool:
        """Whether a key that goes down or up is struck by that."""
        is_new = pressed and key not in self._down
        (self._down.add if pressed else self._down.discard)(key)
        return is_new

    def confirms(self, now_s: float) -> bool:
        """Whether the stroke of `now_s` is the second; if not, it asks for the second."""
        is_second = self.is_asked(now_s)
        self._asked_s = now_s
        return is_second

    def is_asked(self, now_s: float) -> bool:
        """Whether a stroke at `now_s` would be the second."""
        return now_s - self._asked_s <= CONFIRM_S

    def withdraw(self) -> None:
        """Forget the first stroke."""
        self._asked_s = float("-inf")


@dataclass(slots=True)
class Switches:
    """What the window's keys have switched; `learn` is switched by the stage.

    `front` asks the window once to come before all others. `others_fullscreen` says that another
    window of the same display is fullscreen, whatever this one is.
    """

    closed: bool = False
    fullscreen: bool = False
    others_fullscreen: bool = False
    hud: bool = False
    help: bool = False
    learn: bool = False
    front: bool = False
    matrix: bool = False
    quitting: Confirmation = field(default_factory=Confirmation)
    with_alt: set[str] = field(default_factory=set)

    @property
    def overlay(self) -> str:
        """Which overlay is to be seen, "" for none; of several the one that was asked for."""
        return next((name for name in OVERLAYS if getattr(self, name)), "")

    @property
    def on_stage(self) -> bool:
        """Whether an audience may be watching: then one stroke does not end the show."""
        return self.fullscreen or self.others_fullscreen

    def take(self, key: str, pressed: bool, now_s: float, *, alt: bool = False) -> bool:
        """Act on a key at `now_s`; True when it belongs to the window, pressed or released.

        `key` is a pygame name. With Alt it is the window's until it comes up, whichever of the
        two comes up first.
        """
        if key in self.with_alt and not pressed:
            self.with_alt.remove(key)
            return True
        if alt and pressed and (switch := SWITCH_OF.get(f"alt+{key}")) is not None:
            self.with_alt.add(key)
        else:
            self.with_alt.discard(key)
            switch = SWITCH_OF.get(key)
        if switch == "closed":
            return self._quit(key, pressed, now_s)
        if switch is not None and pressed:
            setattr(self, switch, not getattr(self, switch))
        return switch is not None

    def _quit(self, key: str, pressed: bool, now_s: float) -> bool:
        is_stroke = self.quitting.is_stroke(key, pressed)
        if key == "escape" and self.learn:
            self.quitting.withdraw()
            return False  # It ends learning, not the show.
        if is_stroke:
            self.closed |= self.quitting.confirms(now_s) or not self.on_stage
        return True
