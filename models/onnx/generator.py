"""A generator out of an ONNX file, as all else here sees one: mapping, synthesis, one w.

There is no W in it. What stands in for it is z, on which truncation and directions act: z of a
normal distribution lies near a sphere around the average, zero, and truncation is a smaller one.
"""

import torch
from torch import Tensor, nn

from models.canvas import Canvas
from models.networks import Widths, normalise
from models.onnx.design import ONNX
from models.onnx.graph import read_graph
from models.onnx.tensors import FLOATS
from models.sight import Sight


class Mapping(nn.Module):
    """z, and how much of each class, put after one another."""

    w_avg: Tensor

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.classes = widths.classes
        self.register_buffer("w_avg", torch.zeros(widths.w_dim), persistent=False)

    def forward(self, z: Tensor, shares: Tensor | None = None) -> Tensor:
        """(N, z_dim) of any length to (N, w_dim), z brought to the length sqrt(z_dim).

        `shares` (N, classes) says how much of each class; without, it is all of the first.
        """
        z = normalise(z)
        if not self.classes:
            return z
        if shares is None:
            shares = torch.eye(1, self.classes, device=z.device).expand(len(z), -1)
        return torch.cat([z, shares], dim=1)


class Synthesis(nn.Module):
    """The graph; where it first draws it is compiled for the CPU, whatever device holds it."""

    graph: Tensor

    def __init__(self, graph: Tensor, canvas: Canvas, widths: Widths, design: ONNX) -> None:
        """`graph` is uint8 (N,), as `models.onnx.graph.written` makes it."""
        super().__init__()
        self.canvas, self.widths, self.design = canvas, widths, design
        self.register_buffer("graph", graph)
        self._compiled: object = None

    @property
    def data(self) -> bytes:
        """The bytes of the graph."""
        return self.graph.cpu().numpy().tobytes()

    @torch.inference_mode()
    def forward(self, ws: Tensor) -> Tensor:
        """(N, 1, w_dim) to (N, 3, H, W), most values within -1..1, one picture at a time."""
        from models.graph.compiled import Compiled
        from models.onnx.network import network_of

        if not isinstance(self._compiled, Compiled):
            self._compiled = Compiled(network_of(self), "float32", torch.get_num_threads())
        compiled = self._compiled
        return torch.cat([compiled.draw(w, 1.0) for w in ws.cpu()]).to(ws.device)


class Generator(nn.Module):
    """Mapping and synthesis."""

    sight: Sight | None = None
    num_ws = 1

    def __init__(self, graph: Tensor, canvas: Canvas, widths: Widths, design: ONNX) -> None:
        super().__init__()
        self.canvas, self.widths, self.design = canvas, widths, design
        self.mapping = Mapping(widths)
        self.synthesis = Synthesis(graph, canvas, widths, design)

    @property
    def weights(self) -> int:
        """How many weights its graph holds."""
        graph = read_graph(memoryview(self.synthesis.data))
        return sum(each.count for each in graph.constants if each.kind in FLOATS)

    def forward(self, z: Tensor, shares: Tensor | None = None, *, psi: float = 1.0) -> Tensor:
        """(N, z_dim) and shares of classes to (N, 3, H, W); `psi` truncates towards zero."""
        w = self.mapping.w_avg.lerp(self.mapping(z, shares), psi)
        return self.synthesis(w[:, None])
