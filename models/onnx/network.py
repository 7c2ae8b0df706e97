"""A graph out of an ONNX file as the graph engine plays it: one w in, one picture out."""

import io
from math import prod

import numpy as np

from models.canvas import Canvas
from models.graph.library import FrontEndManager, Model, Node
from models.graph.library import opset13 as op
from models.importers.refusal import refuse
from models.onnx.design import Needs, needs_of
from models.onnx.generator import Synthesis
from models.onnx.graph import read_graph, written
from models.onnx.noise import PREFIX
from models.onnx.parts import Graph

TENSOR_MAXIMUM_BYTES, ALL_MAXIMUM_BYTES = 1 << 30, 1 << 35
LEAST_SHARE = 1e-9
COLOURS = 3


def canvas_of(graph: Graph) -> Canvas:
    """The size of the pictures that a graph draws; raises `ImporterError`."""
    height, width = _picture(_read(graph))[:2]
    return Canvas(height, width, 0)


def network_of(synthesis: Synthesis) -> Model:
    """The graph from w (1, w_dim) and the noise's strength (1,) to (1, 3, H, W).

    Raises `ImporterError` where the graph is another than its manifest tells.
    """
    design, widths = synthesis.design, synthesis.widths
    graph = read_graph(memoryview(synthesis.data))
    needs = needs_of(graph)
    model = _read(graph)
    height, width, channels, in_planes = _picture(model)
    if needs.widths != widths or Canvas(height, width, 0) != synthesis.canvas:
        refuse("its manifest tells of another graph than it holds")
    w = op.parameter([1, widths.w_dim], np.float32)
    noise = op.parameter([1], np.float32)
    _feed(model, 0, _columns(w, 0, needs.z_dim))
    if needs.classes:
        _feed(model, 1, _class(_columns(w, needs.z_dim, widths.w_dim), needs))
    _put_noise(model, noise)
    image = op.convert(_result(model), "f32")
    if not in_planes:
        image = op.transpose(image, _integers(0, 3, 1, 2))
    if channels < COLOURS:
        image = op.concat([image] * COLOURS, 1)
    scale = 2.0 / (design.white - design.black)
    image = op.add(op.multiply(image, _float(scale)), _float(-1.0 - design.black * scale))
    return Model([op.result(image)], [w, noise], "synthesis")


def _read(graph: Graph) -> Model:
    """OpenVINO's own graph, its sizes known and bounded; raises `ImporterError`.

    It is only ever given what was read and written here.
    """
    data = io.BytesIO(written(graph))
    frontend = FrontEndManager().load_by_framework("onnx")
    try:
        model = frontend.convert(frontend.load(data))
    except Exception as error:  # It has several kinds of its own.
        refuse(f"OpenVINO cannot read it ({_last_words(error)})")
    whole = 0
    for node in model.get_ops():
        for output in node.outputs():
            if output.get_partial_shape().is_dynamic:
                refuse("the size of its picture, or of something on the way, is left open")
            size = prod(output.get_shape()) * output.get_element_type().size
            whole += size
            if size > TENSOR_MAXIMUM_BYTES or whole > ALL_MAXIMUM_BYTES:
                refuse("it takes more memory to draw than a picture is worth")
    return model


def _picture(model: Model) -> tuple[int, int, int, bool]:
    """Height, width and channels of the result, and whether the channels come first."""
    match tuple(model.output(0).get_shape()):
        case (1, (1 | 3) as channels, height, width):
            return height, width, channels, True
        case (1, height, width, (1 | 3) as channels):
            return height, width, channels, False
        case sides:
            refuse(f"its result has the shape {sides}, but a picture has (1, 3 or 1, H, W)")


def _result(model: Model) -> Node:
    return model.output(0).get_node().input_value(0)


def _feed(model: Model, index: int, source: Node) -> None:
    """Let the graph take its input from a node, in its own shape and type."""
    port = model.input(index)
    shaped = op.reshape(source, _integers(*port.get_shape()), False)
    fed = op.convert(shaped, port.get_element_type().to_string())
    for target in port.get_target_inputs():
        target.replace_source_output(fed.output(0))


def _put_noise(model: Model, strength: Node) -> None:
    """The noise of the network's own, the same for every picture, in the place kept for it."""
    random = np.random.default_rng(0)
    for node in model.get_ordered_ops():
        for output in node.outputs():
            if any(name.startswith(PREFIX) for name in output.get_names()):
                values = random.standard_normal(tuple(output.get_shape()), np.float32)
                scaled = op.multiply(op.constant(values), strength)
                put = op.convert(scaled, output.get_element_type().to_string())
                for target in output.get_target_inputs():
                    target.replace_source_output(put.output(0))


def _class(shares: Node, needs: Needs) -> Node:
    """What a class is told by, out of how much of each class is wanted, in whatever sum."""
    if needs.told == "number":
        return op.topk(shares, _integer(1), 1, "max", "value", "i64").output(1)
    least = op.add(op.relu(shares), _float(LEAST_SHARE))
    return op.divide(least, op.reduce_sum(least, _integers(1), True))


def _columns(w: Node, start: int, stop: int) -> Node:
    return op.slice(w, _integers(start), _integers(stop), _integers(1), _integers(1))


def _integers(*values: int) -> Node:
    return op.constant(np.asarray(values, dtype=np.int64))


def _integer(value: int) -> Node:
    return op.constant(np.asarray(value, dtype=np.int64))


def _float(value: float) -> Node:
    return op.constant(np.asarray(value, dtype=np.float32))


def _last_words(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
