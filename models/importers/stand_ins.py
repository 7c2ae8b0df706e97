"""What a file's objects become here: inert holders of plain values, numbers and tensors."""

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from models.importers.refusal import refuse, shown

NUMPY_KINDS = {
    code: np.dtype(code).newbyteorder("<")
    for code in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")
}
DIMENSIONS = 8


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a class that is not ours: the class's name, and the attributes it had."""

    kind: str
    attributes: dict[str, object] = field(default_factory=dict)

    def build(self, state: object) -> None:
        """Take its attributes as they are; they are not copied, so that no file can multiply."""
        if not isinstance(state, dict):
            refuse(f"it gives a strange state to a {shown(self.kind)}")
        self.attributes = state


@dataclass(frozen=True, eq=False, slots=True)
class DType:
    """A numpy type of plain numbers, the little end first."""

    numbers: np.dtype[np.generic]

    def build(self, state: object) -> None:
        """Only the order of its bytes says something, and only one is allowed."""
        match state:
            case (int(), "<" | "|" | "=", None, None, None, *_):
                return
        refuse("it holds numpy numbers of a strange type")


@dataclass(eq=False, slots=True)
class Array:
    """A numpy array; empty until its state has come."""

    values: np.ndarray[tuple[int, ...], np.dtype[np.generic]] | None = None

    def build(self, state: object) -> None:
        """Take shape, type and bytes, when they fit each other."""
        match state:
            case (int(), tuple() as shape, DType() as dtype, bool() as columns_first, raw) if (
                isinstance(raw, memoryview)
            ):
                sizes = whole_numbers(shape)
                if math.prod(sizes) * dtype.numbers.itemsize != len(raw):
                    refuse("it holds an array that is larger or smaller than its bytes")
                order = "F" if columns_first else "C"
                flat = np.frombuffer(raw, dtype.numbers)
                self.values = flat.reshape(sizes, order=order)  # type: ignore[call-overload]
            case _:
                refuse("it holds a strange array")

    def tensor(self) -> Tensor:
        """A copy as float32."""
        if self.values is None:
            refuse("it holds an array without values")
        return torch.from_numpy(self.values.astype(np.float32))


def whole_numbers(values: tuple[object, ...]) -> tuple[int, ...]:
    """Sizes or strides as they come from a file, checked."""
    if len(values) > DIMENSIONS:
        refuse("it holds a tensor of too many dimensions")
    numbers = tuple(value for value in values if type(value) is int and 0 <= value < 1 << 62)
    if len(numbers) != len(values):
        refuse("it holds a tensor whose sizes are no numbers")
    return numbers
