"""Generators of other programs as ONNX files, with the file of their weights if there is one."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from models.importers.files import read_bytes
from models.importers.refusal import refuse, shown
from models.onnx.design import ONNX, Needs, needs_of
from models.onnx.generator import Generator
from models.onnx.graph import SIZE_MAXIMUM_BYTES, read_graph, written
from models.onnx.parts import Graph
from models.onnx.proof import as_tensor, memory_bytes, tried
from models.onnx.tensors import Outside

START = b"\x08"  # the version of the format, which comes first
BESIDE = ".data"
SAMPLES = 16
BYTES_FROM = 16.0  # a picture of values within 0..255 has some beyond, none of the others has
BELOW = -0.1  # times the highest value: so far a picture within 0..1 may overshoot


@dataclass(slots=True)
class FoundONNX:
    """A graph that may be played, and what it takes."""

    program: str
    needs: Needs
    graph: Graph

    def networks(self) -> tuple[Generator, None]:
        """The generator, its pictures within -1..1; raises `ImporterError`."""
        from models.onnx.network import canvas_of

        canvas, widths = canvas_of(self.graph), self.needs.widths
        graph = as_tensor(written(self.graph))
        plain = Generator(graph, canvas, widths, ONNX())
        if not ONNX().suits(canvas, widths):
            refuse(f"it draws pictures of {canvas}, beyond what can be played")
        pictures = tried(lambda: plain(*_samples(self.needs)))
        return Generator(graph, canvas, widths, range_of(pictures)), None


def read_onnx(path: Path) -> FoundONNX:
    """A generator out of an ONNX file and NAME.data beside it; raises `ImporterError`."""
    beside = beside_of(path)
    outside = Outside(memoryview(read_bytes(beside)) if beside.is_file() else None)
    graph = read_graph(memoryview(read_bytes(path)), outside)
    needs = needs_of(graph)
    program = f"ONNX, {shown(graph.producer) or 'by a program that is not told'}"
    return FoundONNX(program, needs, graph)


def beside_of(path: Path) -> Path:
    """Where exporters put the weights of a file that are not within it."""
    return path.with_name(path.name + BESIDE)


def import_memory_bytes(path: Path) -> int:
    """What reading and trying a file may take."""
    beside = beside_of(path)
    sizes = [each.stat().st_size for each in (path, beside) if each.is_file()]
    return memory_bytes(min(sum(sizes), SIZE_MAXIMUM_BYTES))


def range_of(pictures: Tensor) -> ONNX:
    """Which values are black and white, told from (N, 3, H, W): within -1..1, 0..1 or 0..255."""
    if not pictures.isfinite().all():
        refuse("it draws NaN or infinite values")
    lowest, highest = float(pictures.min()), float(pictures.max())
    if highest > BYTES_FROM:
        return ONNX(0.0, 255.0)
    return ONNX(-1.0, 1.0) if lowest < BELOW * highest else ONNX(0.0, 1.0)


def _samples(needs: Needs) -> tuple[Tensor, Tensor | None]:
    """z (N, z_dim), and of a model with classes some of them."""
    z = torch.randn(SAMPLES, needs.z_dim, generator=torch.Generator().manual_seed(0))
    if not needs.classes:
        return z, None
    chosen = torch.arange(SAMPLES) * needs.classes // SAMPLES
    return z, torch.nn.functional.one_hot(chosen, needs.classes).float()
