"""A pickle reader that can build data but call nothing: Python's own pickle is not involved.

It knows the instructions that model files use, and turns each global name into one of a fixed
table of stand-ins; a name outside the table ends the reading. Instructions as in CPython's
Lib/pickletools.py; what is not there (persistent text ids, extension codes, INST, OBJ, the textual
numbers of protocol 0) no model file needs.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.importers.budget import Budget
from models.importers.refusal import refuse, shown
from models.importers.stand_ins import Array, DType, Instance

NAME_BYTES = 256
PROTOCOLS = range(2, 6)


@dataclass(frozen=True, slots=True)
class Global:
    """The stand-in for a function or class: what calling it, or making one, gives here."""

    name: str
    call: Callable[[Budget, tuple[object, ...]], object] | None = None
    new: Callable[[], object] | None = None


Known = Mapping[tuple[str, str], Global]


class Machine:
    """One pickle within `data` from `at` on; after `run`, `at` is where it ended.

    `external` resolves persistent ids; without it there are none.
    """

    def __init__(
        self,
        data: memoryview,
        at: int,
        known: Known,
        budget: Budget,
        external: Callable[[object], object] | None = None,
    ) -> None:
        self.data, self.at = data, at
        self.known, self.budget, self.external = known, budget, external
        self.stack: list[object] = []
        self.marked: list[list[object]] = []
        self.memo: dict[int, object] = {}
        self.done = False

    def run(self) -> object:
        """What the pickle describes; raises `ImporterError`."""
        while not self.done:
            self.budget.step()
            code = bytes(self.take(1))
            if code not in _INSTRUCTIONS:
                refuse(f"it holds the instruction 0x{code.hex()}, which no model file needs")
            _INSTRUCTIONS[code](self)
        return self.pop()

    def take(self, count: int) -> memoryview:
        """The next bytes of the file."""
        if count > len(self.data) - self.at:
            refuse("it is cut short or damaged")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size: int) -> int:
        """An unsigned number of so many bytes, little end first."""
        return int.from_bytes(self.take(size), "little")

    def text(self, count: int) -> str:
        """UTF-8 text."""
        try:
            return str(self.take(count), "utf-8")
        except UnicodeDecodeError:
            refuse("it holds text that is none")

    def line(self) -> str:
        """A name up to the end of its line."""
        end = bytes(self.data[self.at : self.at + NAME_BYTES]).find(b"\n")
        if end < 0:
            refuse("it is cut short or damaged")
        return self.text(end + 1)[:-1]

    def push(self, value: object) -> None:
        self.stack.append(value)

    def pop(self) -> object:
        if not self.stack:
            refuse("it is damaged: it uses what it has not made")
        return self.stack.pop()

    def top(self) -> object:
        value = self.pop()
        self.push(value)
        return value

    def pop_marked(self) -> list[object]:
        """All values since the last mark."""
        if not self.marked:
            refuse("it is damaged: it uses what it has not made")
        values, self.stack = self.stack, self.marked.pop()
        return values

    def pop_values(self, count: int) -> tuple[object, ...]:
        """The last values, in the order in which they were made."""
        return tuple(reversed([self.pop() for _ in range(count)]))

    def remember(self, index: int) -> None:
        self.memo[index] = self.top()

    def remembered(self, index: int) -> None:
        if index not in self.memo:
            refuse("it is damaged: it uses what it has not made")
        self.push(self.memo[index])

    def find(self, module: str, name: str) -> None:
        """The stand-in of exactly this name."""
        if (module, name) not in self.known:
            refuse(f"it asks for {shown(module)}.{shown(name)}, which no model needs")
        self.push(self.known[module, name])

    def extend(self, values: list[object]) -> None:
        """Lengthen the list on top."""
        target = self.top()
        if not isinstance(target, list):
            refuse("it is damaged: it lengthens what is no list")
        target.extend(values)

    def fill(self, values: list[object]) -> None:
        """Put keys and values into the dict on top."""
        target = self.top()
        if not isinstance(target, dict) or len(values) % 2:
            refuse("it is damaged: it fills what is no dict")
        for key, value in zip(values[::2], values[1::2], strict=True):
            # Nothing else has a hash that is cheap, and its own, whatever the file says.
            if not isinstance(key, str) and not (isinstance(key, int) and abs(key) < 1 << 60):
                refuse("it holds a dict whose keys are neither text nor numbers")
            target[key] = value

    def mark(self) -> None:
        self.marked.append(self.stack)
        self.stack = []

    def protocol(self) -> None:
        if self.number(1) not in PROTOCOLS:
            refuse("it is of a pickle protocol that no model file has")

    def stack_global(self) -> None:
        module, name = self.pop_values(2)
        if not (isinstance(module, str) and isinstance(name, str)):
            refuse("it is damaged: it asks for a name that is none")
        self.find(module, name)

    def reduce(self) -> None:
        """Let a stand-in make what its namesake would have made."""
        function, arguments = self.pop_values(2)
        if not (isinstance(function, Global) and function.call and isinstance(arguments, tuple)):
            refuse("it calls what is no function of a model file")
        self.push(function.call(self.budget, arguments))

    def new(self) -> None:
        kind, arguments = self.pop_values(2)
        if not (isinstance(kind, Global) and kind.new and arguments == ()):
            refuse("it makes an object of what is no class of a model file")
        self.push(kind.new())

    def build(self) -> None:
        """Hand a state over to the stand-in on top."""
        state, target = self.pop(), self.top()
        if isinstance(target, Instance | Array | DType):
            target.build(state)
        elif not (isinstance(target, dict) and isinstance(state, dict)):
            refuse("it gives a state to what has none")
        # What a dict has besides its keys (torch's _metadata) is of no use here.

    def resolve(self) -> None:
        if self.external is None:
            refuse("it points outside of itself")
        self.push(self.external(self.pop()))

    def stop(self) -> None:
        self.done = True


_INSTRUCTIONS: dict[bytes, Callable[[Machine], object]] = {
    b"\x80": Machine.protocol,
    b"\x95": lambda m: m.number(8),  # the length of a frame, of use to a stream only
    b".": Machine.stop,
    b"N": lambda m: m.push(None),
    b"\x88": lambda m: m.push(True),
    b"\x89": lambda m: m.push(False),
    b"K": lambda m: m.push(m.number(1)),
    b"M": lambda m: m.push(m.number(2)),
    b"J": lambda m: m.push(int.from_bytes(m.take(4), "little", signed=True)),
    b"\x8a": lambda m: m.push(int.from_bytes(m.take(m.number(1)), "little", signed=True)),
    b"G": lambda m: m.push(struct.unpack(">d", m.take(8))[0]),
    b"\x8c": lambda m: m.push(m.text(m.number(1))),
    b"X": lambda m: m.push(m.text(m.number(4))),
    b"\x8d": lambda m: m.push(m.text(m.number(8))),
    # Bytes stay where they are in the file: a view of them costs nothing.
    b"C": lambda m: m.push(m.take(m.number(1))),
    b"B": lambda m: m.push(m.take(m.number(4))),
    b"\x8e": lambda m: m.push(m.take(m.number(8))),
    b"\x96": lambda m: m.push(m.take(m.number(8))),
    b"(": Machine.mark,
    b")": lambda m: m.push(()),
    b"\x85": lambda m: m.push(m.pop_values(1)),
    b"\x86": lambda m: m.push(m.pop_values(2)),
    b"\x87": lambda m: m.push(m.pop_values(3)),
    b"t": lambda m: m.push(tuple(m.pop_marked())),
    b"]": lambda m: m.push([]),
    b"a": lambda m: m.extend([m.pop()]),
    b"e": lambda m: m.extend(m.pop_marked()),
    # A set is read as a list: what it holds need have no hash.
    b"\x8f": lambda m: m.push([]),
    b"\x90": lambda m: m.extend(m.pop_marked()),
    b"}": lambda m: m.push({}),
    b"s": lambda m: m.fill(list(m.pop_values(2))),
    b"u": lambda m: m.fill(m.pop_marked()),
    b"h": lambda m: m.remembered(m.number(1)),
    b"j": lambda m: m.remembered(m.number(4)),
    b"q": lambda m: m.remember(m.number(1)),
    b"r": lambda m: m.remember(m.number(4)),
    b"\x94": lambda m: m.remember(len(m.memo)),
    b"c": lambda m: m.find(m.line(), m.line()),
    b"\x93": Machine.stack_global,
    b"R": Machine.reduce,
    b"\x81": Machine.new,
    b"b": Machine.build,
    b"Q": Machine.resolve,
}
