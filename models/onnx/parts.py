"""What an ONNX graph is made of."""

from dataclasses import dataclass, field

from models.onnx.tensors import Constant

# Kinds of attributes: what holds a graph of its own, or a type, is not among them.
A_FLOAT, AN_INT, A_TEXT, A_TENSOR, FLOATS, INTS, TEXTS = 1, 2, 3, 4, 6, 7, 8
AttributeValue = float | int | bytes | Constant | list[float] | list[int] | list[bytes]


@dataclass(slots=True)
class Attribute:
    """A constant that shapes what an operator does."""

    name: str
    kind: int
    value: AttributeValue


@dataclass(slots=True)
class Node:
    """An operator between named tensors; an empty name is an input that is left out."""

    operator: str
    inputs: list[str]
    outputs: list[str]
    attributes: list[Attribute] = field(default_factory=list)


@dataclass(slots=True)
class Port:
    """An input or output of the graph; a side that the file leaves open is None."""

    name: str
    kind: int
    dims: tuple[int | None, ...]


@dataclass(slots=True)
class Graph:
    """A whole model."""

    opset: int
    nodes: list[Node]
    constants: list[Constant]
    inputs: list[Port]
    outputs: list[Port]
    producer: str = ""
