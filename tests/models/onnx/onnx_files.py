"""Small generators in torch, and the same ones as ONNX files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from models.onnx.graph import written
from models.onnx.parts import A_TENSOR, AN_INT, INTS, Attribute, Graph, Node, Port
from models.onnx.tensors import FLOAT, FLOAT16, INT64, Constant

Z_DIM, CLASSES, HEIGHT, WIDTH = 6, 3, 8, 10
KINDS = {torch.float32: FLOAT, torch.float16: FLOAT16, torch.int64: INT64}
TAILS: dict[str, Callable[[Tensor], Tensor]] = {
    "Tanh": torch.tanh,
    "Sigmoid": torch.sigmoid,
    "bytes": lambda x: torch.sigmoid(x) * 255.0,
}


def constant(name: str, tensor: Tensor) -> Constant:
    data = tensor.contiguous().numpy().tobytes()
    return Constant(name, KINDS[tensor.dtype], tuple(tensor.shape), data)


def ints(name: str, *values: int) -> Attribute:
    return Attribute(name, INTS, list(values))


@dataclass
class Net:
    """A generator (N, z) to (N, channels, 8, 10): a projection, two convolutions and a tail.

    Classes are told by their `shares` or by their `number`; `pixels` puts the channels last.
    """

    tail: str = "Tanh"
    channels: int = 3
    told: str = ""
    pixels: bool = False
    square: bool = False
    half: bool = False
    noise: str = ""
    batch: int | None = None
    weights: dict[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        random = torch.Generator().manual_seed(0)
        shapes = {
            "table": (CLASSES, 4),
            "project": (Z_DIM + (4 if self.told else 0), 5, 4, 5),
            "up": (5, 4, 4, 4),
            "colours": (self.channels, 4, 3, 3),
        }
        for name, shape in shapes.items():
            self.weights[name] = torch.randn(shape, generator=random) * 0.5

    def __call__(self, z: Tensor, shares: Tensor | None = None) -> Tensor:
        """What the file is to draw, as it comes out of the network."""
        if shares is not None:
            z = torch.cat([z, shares @ self.weights["table"]], dim=1)
        x = F.conv_transpose2d(z[:, :, None, None], self.weights["project"])
        x = F.conv_transpose2d(F.relu(x), self.weights["up"], stride=2, padding=1)
        x = TAILS[self.tail](F.conv2d(x, self.weights["colours"], padding=1))
        return x.permute(0, 2, 3, 1) if self.pixels else x

    def graph(self) -> Graph:
        kind = torch.float16 if self.half else torch.float32
        used = [n for n in self.weights if self.told or n != "table"]
        made = Graph(13, [], [constant(n, self.weights[n].to(kind)) for n in used], [], [])
        sides = (Z_DIM, 1, 1) if self.square else (Z_DIM,)
        made.inputs.append(Port("z", KINDS[kind], (self.batch, *sides)))
        z = "z"
        if self.told:
            z = self._classed(made, kind)
        if not self.square:
            made.constants.append(constant("shape", torch.tensor([-1, *self._flat(), 1, 1])))
            made.nodes.append(Node("Reshape", [z, "shape"], ["x0"]))
            z = "x0"
        up = [ints("strides", 2, 2), ints("pads", 1, 1, 1, 1)]
        made.nodes += [
            Node("ConvTranspose", [z, "project"], ["x1"], [ints("strides", 1, 1)]),
            Node("Relu", ["x1"], ["x2"]),
            Node("ConvTranspose", ["x2", "up"], ["x3"], up),
            Node("Conv", ["x3", "colours"], ["x4"], [ints("pads", 1, 1, 1, 1)]),
            Node("Tanh" if self.tail == "Tanh" else "Sigmoid", ["x4"], ["x5"]),
        ]
        last = "x5"
        if self.noise:
            self._noisy(made, kind)
        if self.tail == "bytes":
            value = Attribute("value", A_TENSOR, constant("", torch.tensor(255.0).to(kind)))
            made.nodes.append(Node("Constant", [], ["full"], [value]))
            made.nodes.append(Node("Mul", ["x5", "full"], ["x6"]))
            last = "x6"
        if self.pixels:
            made.nodes.append(Node("Transpose", [last], ["x7"], [ints("perm", 0, 2, 3, 1)]))
            last = "x7"
        made.outputs.append(Port(last, KINDS[kind], ()))
        return made

    def _noisy(self, made: Graph, kind: torch.dtype) -> None:
        """Noise, drawn anew for each picture, on the features before the last convolution."""
        shape = [ints("shape", 1, 1, HEIGHT, WIDTH), Attribute("dtype", AN_INT, KINDS[kind])]
        alike = self.noise == "RandomNormalLike"
        drawn = Node(self.noise, ["x3"] if alike else [], ["n"], [] if alike else shape)
        made.nodes[-2:-2] = [drawn, Node("Add", ["x3", "n"], ["xn"])]
        made.nodes[-2].inputs[0] = "xn"

    def _flat(self) -> tuple[int]:
        return (self.weights["project"].shape[0],)

    def _classed(self, made: Graph, kind: torch.dtype) -> str:
        axis = [Attribute("axis", AN_INT, 1)]
        if self.told == "shares":
            made.inputs.append(Port("c", KINDS[kind], (self.batch, CLASSES)))
            made.nodes.append(Node("MatMul", ["c", "table"], ["e"]))
        else:
            made.inputs.append(Port("c", INT64, (self.batch,)))
            made.nodes.append(Node("Gather", ["table", "c"], ["e"]))
        made.nodes.append(Node("Concat", ["z", "e"], ["joined"], axis))
        return "joined"

    def write(self, path: Path) -> Path:
        path.write_bytes(written(self.graph()))
        return path
