"""Learn: choose a parameter, move a control, and it is bound; its range and curve set by hand."""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import get_args

from msgspec.structs import replace

from performer.addresses import MAX_LENGTH
from performer.control import Physical, listens
from performer.controls import Controls, first_number
from performer.events import Event, KeyEvent, MidiEvent, OscEvent, PageEvent
from performer.parameter import Curve, Parameter
from performer.parameters import BY_ADDRESS, BY_NAME, INDEX, TABLE
from performer.patch import match_controller
from performer.patch_edit import Edit
from performer.recognition import Recognised, Recogniser
from performer.schema import Binding, Controller
from performer.sources import parse_source
from performer.status import LearnView

# What is heard after such a silence is a hand's touch, what goes on is a stream.
SILENCE_S = 0.5
MOST_HEARD = 1024
MOST_EDITS = 256
# More than any stage has hands for; without an end a stream of `/learn` fills the memory.
MOST_BINDINGS = 1024
CURVES: tuple[Curve, ...] = get_args(Curve)
GROUPS = [INDEX[next(rows).name] for _, rows in groupby(TABLE, lambda row: row.group)]


class Learn:
    """What learn knows and does; `edits` are what the patch file has yet to be told."""

    def __init__(self, controls: Controls, controllers: Sequence[Controller]) -> None:
        self._controls, self._controllers = controls, controllers
        self.is_on = False
        self.edits: deque[Edit] = deque(maxlen=MOST_EDITS)
        self._parameter = TABLE[0]
        self._recogniser: Recogniser | None = None
        self._bound: Binding | None = None
        self._note = ""
        self._heard_s: dict[object, float] = {}
        self._streams: set[object] = set()
        self._now_s = 0.0
        self._keys: dict[str, Callable[[], None]] = {
            **dict.fromkeys(("l", "escape"), self.switch),
            **dict.fromkeys(("backspace", "delete"), self.unlearn),
            **dict.fromkeys(("return", "enter"), self._listen),
            **dict.fromkeys(("-", "[-]"), lambda: self._set_end(0)),
            **dict.fromkeys(("=", "+", "[+]"), lambda: self._set_end(1)),
            "c": self._next_curve,
            "r": self._whole_range,
            "up": lambda: self._step(-1),
            "down": lambda: self._step(1),
            "left": lambda: self._step_group(-1),
            "right": lambda: self._step_group(1),
        }

    def switch(self) -> None:
        """Begin to learn, or be done."""
        self.is_on = not self.is_on
        if self.is_on:
            self.choose(self._parameter)

    def choose(self, parameter: Parameter) -> None:
        """The parameter to be bound next."""
        self._parameter, self._note = parameter, ""
        bound = [b for b in self._controls.bindings if b.parameter == parameter.name]
        self._bound = bound[-1] if bound else None
        self._listen()

    def unlearn(self) -> None:
        """Free the chosen parameter of what the patch binds to it."""
        if not self.is_on:
            return
        bound = [b for b in self._controls.bindings if b.parameter == self._parameter.name]
        for binding in bound:
            self._edit(binding, None)
        self.choose(self._parameter)
        self._note = "unbound" if bound else "the patch binds nothing to it"

    def advance(self, now_s: float) -> None:
        """Let time pass up to `now_s`: a button that stays down is one that keeps its state."""
        self._now_s = now_s
        if self.is_on and self._recogniser is not None:
            self._settle(self._recogniser.wait(now_s))

    def take(self, event: Event) -> bool:
        """Take in one event; whether it was meant for learn alone."""
        match event:
            case OscEvent():
                # A longer one is nobody's, and a thousand of them would fill the memory.
                touched = self._is_touch(event.address[:MAX_LENGTH], event.time_s)
                return self._osc(event, touched)
            case MidiEvent() if _is_sound(event):
                physical = Physical(event.port, event.kind, event.channel, event.number)
                touched = self._is_touch(physical, event.time_s)
                return self.is_on and self._midi(event, touched)
            case PageEvent(parameter=name) if name in BY_NAME:
                return self.is_on and self._touched_on_page(BY_NAME[name])
            case KeyEvent():
                return self.is_on and self._key(event)
        return False

    def view(self) -> LearnView | None:
        """What the player has to see; None when not learning."""
        if not self.is_on:
            return None
        binding, row = self._bound, self._parameter
        low, high = (binding.range if binding else None) or (row.minimum, row.maximum)
        return LearnView(
            parameter=row.name,
            waiting=self._is_waiting,
            control=self._words(binding) if binding else self._by_profile(),
            low=low,
            high=high,
            curve=(binding.curve if binding else None) or row.curve,
            note=self._note,
        )

    @property
    def _is_waiting(self) -> bool:
        return self._recogniser is not None and self._recogniser.found is None

    def _is_touch(self, what: object, time_s: float) -> bool:
        """Whether a hand began this: a sequencer's stream was there before learn listened."""
        before_s = self._heard_s.get(what, float("-inf"))
        if len(self._heard_s) >= MOST_HEARD:
            self._heard_s.clear()
            self._streams.clear()
        self._heard_s[what] = time_s
        if time_s - before_s >= SILENCE_S:
            self._streams.discard(what)
        return what not in self._streams

    def _listen(self) -> None:
        """Wait for a control; what was moving until now is none."""
        self._recogniser = Recogniser(self._parameter.kind)
        self._streams = {what for what, s in self._heard_s.items() if self._now_s - s < SILENCE_S}

    def _key(self, event: KeyEvent) -> bool:
        if not event.pressed:
            return True
        if event.key in self._keys:
            self._keys[event.key]()
        elif (parameter := self._controls.parameter_of_key(event.key)) is not None:
            self.choose(parameter)
        return True

    def _step(self, by: int) -> None:
        self.choose(TABLE[(INDEX[self._parameter.name] + by) % len(TABLE)])

    def _step_group(self, by: int) -> None:
        here = INDEX[self._parameter.name]
        group = max(i for i, first in enumerate(GROUPS) if first <= here)
        self.choose(TABLE[GROUPS[(group + by) % len(GROUPS)]])

    def _osc(self, event: OscEvent, touched: bool) -> bool:
        name = event.args[0] if event.args else None
        if event.address in ("/learn", "/unlearn") and isinstance(name, str):
            return self._ask(event.address, name)
        if not self.is_on or not touched or event.address in ("/learn", "/unlearn"):
            return False
        if event.address in BY_ADDRESS:
            parameter = BY_ADDRESS[event.address]
            if parameter is not self._parameter:
                self.choose(parameter)
            # What happens when it is touched can wait; what moves shows which it is.
            return parameter.kind != "value"
        return self._is_waiting and self._bind_address(event)

    def _touched_on_page(self, parameter: Parameter) -> bool:
        """Choose it; as with OSC, what happens when it is touched can wait."""
        if parameter.name in ("learn", "unlearn"):
            return False
        if parameter is not self._parameter:
            self.choose(parameter)
        return parameter.kind != "value"

    def _ask(self, address: str, name: str) -> bool:
        """`/learn psi` and `/unlearn psi`, as another program asks for it."""
        parameter = BY_NAME.get(name)
        if parameter is None:
            return False
        self.is_on = True
        self.choose(parameter)
        if address == "/unlearn":
            self.unlearn()
        return True

    def _bind_address(self, event: OscEvent) -> bool:
        source = f"osc {event.address}"
        try:
            parse_source(source)
        except ValueError:
            return False
        if self._parameter.kind == "value" and first_number(event.args) is None:
            return False
        self._recogniser = None
        self._bind(Binding(source, self._parameter.name))
        return True

    def _midi(self, event: MidiEvent, touched: bool) -> bool:
        recogniser = self._recogniser
        if recogniser is None or not touched:
            return False
        was_waiting = self._is_waiting
        self._settle(recogniser.hear(event))
        return was_waiting

    def _settle(self, found: Recognised | None) -> None:
        """Bind what was recognised, again when it is known better."""
        if found is None:
            return
        known = self._bound
        is_value = self._parameter.kind == "value"
        kind = {
            "relative": found.relative if is_value else None,
            "latching": True if found.latching else None,
        }
        if known is None or not listens(parse_source(known.source), known, found.physical):
            self._bind(self._learnt(found, **kind))
        elif (known.relative, known.latching) != (kind["relative"], kind["latching"]):
            self._change(**kind, takeover=None if found.relative else known.takeover)

    def _learnt(self, found: Recognised, **kind: object) -> Binding:
        """A new binding, with the range and curve that the parameter's control has had."""
        had = self._bound or self._own()
        jumps = found.is_button and self._parameter.kind == "value"
        return replace(
            Binding(found.source, self._parameter.name, range=had.range, curve=had.curve),
            channel=found.physical.channel,
            port=self._port_words(found.physical.port),
            slew_s=had.slew_s,
            takeover="none" if jumps and found.physical.kind == "cc" else None,
            **kind,
        )

    def _port_words(self, port: str) -> str:
        """A part of a port's name that is the same on every computer, if its device is known."""
        controller = match_controller(self._controllers, port)
        parts = controller.match if controller is not None else ()
        fitting = [part for part in parts if part.lower() in port.lower()]
        return max(fitting, key=len, default=port)

    def _bind(self, binding: Binding) -> None:
        """The newest binding of a control is its only one."""
        others = [b for b in self._controls.bindings if _place(b) == _place(binding)]
        if not others and len(self._controls.bindings) >= MOST_BINDINGS:
            self._note = f"the patch has {MOST_BINDINGS} bindings: free some first"
            return
        were = ", ".join(b.parameter for b in others if b.parameter != binding.parameter)
        for other in others[1:]:
            self._edit(other, None)
        self._edit(others[0] if others else None, binding)
        self._bound = binding
        self._note = f"it was {were}" if were else ""

    def _change(self, **changes: object) -> None:
        """Change what is bound; a binding of the device's own becomes the patch's."""
        before = self._bound
        after = replace(before or self._own(), **changes)
        if after.parameter:
            self._edit(before, after)
            self._bound = after

    def _set_end(self, end: int) -> None:
        """Where the parameter stands is from now on an end of the control's travel."""
        if not self._can_shape():
            return
        row, bound = self._parameter, self._bound or self._own()
        ends = list(bound.range or (row.minimum, row.maximum))
        ends[end] = round(self._controls.target(row.name), 4)
        if ends[0] == ends[1]:
            self._note = "move it on: both ends would be the same"
            return
        self._change(range=(ends[0], ends[1]))
        self._note = "it begins here" if end == 0 else "it ends here"

    def _whole_range(self) -> None:
        if self._can_shape():
            self._change(range=None)
            self._note = "the whole range"

    def _next_curve(self) -> None:
        if self._can_shape():
            bound = self._bound or self._own()
            curve = bound.curve or self._parameter.curve
            self._change(curve=CURVES[(CURVES.index(curve) + 1) % len(CURVES)])

    def _can_shape(self) -> bool:
        if self._parameter.kind != "value":
            self._note = f"a {self._parameter.kind} has no range"
        elif not (self._bound or self._own()).source:
            self._note = "nothing is bound to it yet"
        else:
            return True
        return False

    def _own(self) -> Binding:
        """The binding of a plugged-in device's own, for its port; without a source if none is."""
        for port in self._controls.ports:
            for binding in self._controls.profile(port):
                if binding.parameter == self._parameter.name:
                    return replace(binding, port=self._port_words(port))
        return Binding("", "")

    def _by_profile(self) -> str:
        own = self._own()
        return self._words(own) if own.source else ""

    def _edit(self, before: Binding | None, after: Binding | None) -> None:
        bindings = list(self._controls.bindings)
        if before in bindings:
            i = bindings.index(before)
            bindings[i : i + 1] = [after] if after else []
        elif after is not None:
            bindings.append(after)
        self._controls.rebind(bindings)
        self.edits.append(Edit(before, after))

    def _words(self, binding: Binding) -> str:
        """A control as its player calls it."""
        name = binding.source
        device = match_controller(self._controllers, binding.port or "")
        if device is not None:
            named = [n for n, source in device.controls.items() if source == binding.source]
            name = named[0].replace("_", " ") if named else name
        kind = "encoder, " if binding.relative else "switch, " if binding.latching else ""
        return f"{name} ({kind}{binding.port or 'any port'})" if binding.port else name


def _place(binding: Binding) -> tuple[str, int | None, str | None]:
    return binding.source, binding.channel, binding.port


def _is_sound(event: MidiEvent) -> bool:
    """Whether a binding can name it."""
    return 0.0 <= event.value <= 1.0 and 0 <= event.number <= 127 and 1 <= event.channel <= 16
