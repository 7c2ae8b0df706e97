"""Noise that a network draws anew for each picture, as FastGAN does, made to stand still.

A picture would flicker by it. Here it becomes zeros with a name by which the played graph finds
them, and puts in noise that is always the same, as strong as a knob says.
"""

import numpy as np

from models.importers.refusal import refuse
from models.onnx.parts import Graph, Node
from models.onnx.tensors import FLOAT, FLOAT16, INT64, Constant

PREFIX = "performer.noise:"
SIZES = {FLOAT: 4, FLOAT16: 2}


def stand_still(graph: Graph) -> None:
    """Put named zeros in the place of RandomNormal and RandomNormalLike."""
    renamed: dict[str, str] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        node.inputs = [renamed.get(name, name) for name in node.inputs]
        if node.operator in ("RandomNormal", "RandomNormalLike"):
            node = _zeros(graph, node)
            renamed[node.outputs[0].removeprefix(PREFIX)] = node.outputs[0]
        nodes.append(node)
    graph.nodes = nodes


def _zeros(graph: Graph, node: Node) -> Node:
    told = {each.name: each.value for each in node.attributes}
    usual = told.get("mean", 0.0) == 0.0 and told.get("scale", 1.0) == 1.0
    if not usual or len(node.outputs) != 1:
        refuse("it draws noise that is not of the standard normal distribution")
    names = [f"{PREFIX}{node.outputs[0]}"]
    if node.operator == "RandomNormalLike" and len(node.inputs) == 1:
        return Node("Sub", node.inputs * 2, names)
    shape, kind = told.get("shape"), told.get("dtype", FLOAT)
    if not isinstance(shape, list) or not isinstance(kind, int) or kind not in SIZES:
        refuse("it draws noise of a strange kind")
    sides = np.asarray(shape, dtype=np.int64)
    inputs = [f"performer.{part}:{node.outputs[0]}" for part in ("zero", "shape")]
    graph.constants += [
        Constant(inputs[0], kind, (1,), bytes(SIZES[kind])),
        Constant(inputs[1], INT64, (len(sides),), sides.tobytes()),
    ]
    return Node("Expand", inputs, names)
