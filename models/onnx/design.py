"""How a generator out of an ONNX file is told in a checkpoint, and what its graph asks for."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from models.canvas import BASE_MAXIMUM_PX, BASE_MINIMUM_PX, DOUBLINGS_MAXIMUM, Canvas
from models.importers.refusal import refuse
from models.networks import Widths
from models.onnx.parts import Graph, Node, Port
from models.onnx.tensors import FLOAT, FLOAT16, INT32, INT64

SIDE_MAXIMUM_PX = BASE_MAXIMUM_PX << DOUBLINGS_MAXIMUM
IDLE = (
    "One vector makes the whole picture: /middle and /fine do nothing, a style is blended in as "
    "a whole, and /noise acts only where the network draws noise of its own."
)
WANTED = "a generator takes a vector (1, z), or (1, z, 1, 1), and perhaps a class"


class ONNX(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="onnx"):
    """What its graph does not tell: the values that it draws as black and as white.

    Its canvas is not doubled from a base: that is the whole picture.
    """

    black: float = -1.0
    white: float = 1.0

    def suits(self, canvas: Canvas, widths: Widths) -> bool:
        """Whether such a graph may be played on this canvas."""
        sides = canvas.base_h, canvas.base_w
        return (
            canvas.doublings == 0
            and all(BASE_MINIMUM_PX <= side <= SIDE_MAXIMUM_PX for side in sides)
            and widths.w_dim == widths.z_dim + widths.classes
            and -1e6 <= self.black < self.white <= 1e6
        )


@dataclass(frozen=True, slots=True)
class Needs:
    """What a graph takes: z, and how a class is told to it, `classes` of them."""

    z_dim: int
    classes: int
    told: Literal["", "shares", "number"]

    @property
    def widths(self) -> Widths:
        """W is z, and how much of each class."""
        return Widths(z_dim=self.z_dim, w_dim=self.z_dim + self.classes, classes=self.classes)


def needs_of(graph: Graph) -> Needs:
    """What a graph takes, its batch set to one picture; raises `ImporterError`."""
    if not 1 <= len(graph.inputs) <= 2:
        refuse(f"it takes {len(graph.inputs)} inputs, but {WANTED}")
    if len(graph.outputs) != 1:
        refuse(f"it draws {len(graph.outputs)} results, but a generator draws one picture")
    latent, *classes = graph.inputs
    z_dim = _z_dim(latent)
    if not classes:
        return Needs(z_dim, 0, "")
    port = classes[0]
    if port.kind in (INT32, INT64) and len(port.dims) <= 2 and set(port.dims[1:]) <= {1}:
        port.dims = (1,) * len(port.dims)
        return Needs(z_dim, _embedded(graph, port.name), "number")
    if port.kind in (FLOAT, FLOAT16) and len(port.dims) == 2 and port.dims[1]:
        port.dims = _one(port), port.dims[1]
        return Needs(z_dim, port.dims[1], "shares")
    refuse("its second input is neither the number of a class nor shares of classes (1, classes)")


def _z_dim(port: Port) -> int:
    if port.kind not in (FLOAT, FLOAT16):
        refuse(f"its first input is not of floats, but {WANTED}")
    match port.dims:
        case (_, int() as z_dim) | (_, int() as z_dim, 1, 1):
            port.dims = (_one(port), *port.dims[1:])
            return z_dim
    sides = ", ".join("?" if side is None else str(side) for side in port.dims)
    refuse(f"its first input has the shape ({sides}), but {WANTED}")


def _one(port: Port) -> int:
    """The batch of one picture, which must be left open or be one."""
    if port.dims[0] not in (None, 1):
        refuse(f"it draws {port.dims[0]} pictures at once; export it for one, or any number")
    return 1


def _embedded(graph: Graph, label: str) -> int:
    """How many classes there are: the rows of the table in which a label is looked up."""
    rows = {constant.name: constant.dims for constant in graph.constants}
    names, counts = {label}, set()
    for node in graph.nodes:
        if node.operator in ("Cast", "Identity", "Reshape", "Squeeze") and _first(node) in names:
            names.update(node.outputs)
        if node.operator == "Gather" and node.inputs[1:] and node.inputs[1] in names:
            counts.add(rows.get(_first(node), (0,))[0])
    if len(counts) != 1 or 0 in counts:
        refuse("how many classes it has cannot be told; export it with shares (1, classes) of them")
    return counts.pop()


def _first(node: Node) -> str:
    return node.inputs[0] if node.inputs else ""
