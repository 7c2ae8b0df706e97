"""An ONNX graph, read with all that could do harm refused, and written anew.

OpenVINO is only ever given what `written` makes: nothing that was not understood here gets there.
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto has the numbers of the fields.
"""

import struct
from collections.abc import Callable

from models.importers.budget import Budget
from models.importers.refusal import refuse, shown
from models.onnx import wire
from models.onnx.noise import stand_still
from models.onnx.operators import OPERATORS
from models.onnx.parts import (
    A_FLOAT,
    A_TENSOR,
    A_TEXT,
    AN_INT,
    FLOATS,
    INTS,
    TEXTS,
    Attribute,
    AttributeValue,
    Graph,
    Node,
    Port,
)
from models.onnx.tensors import (
    Constant,
    Outside,
    chunk,
    floats,
    integer,
    integers,
    read_constant,
    text,
)
from models.onnx.tensors import written as constant_written
from models.onnx.wire import DAMAGED, Parts

SIZE_MAXIMUM_BYTES = (1 << 31) - 1  # of a message in this format
NODES_MAXIMUM = 20_000
OPSETS = range(7, 31)
IR_VERSION = 8
STANDARD = ("", "ai.onnx")
DOCUMENTATION = 13


def read_graph(data: memoryview, outside: Outside | None = None) -> Graph:
    """A graph out of the bytes of an ONNX file, its constants still in them.

    Weights in the file `outside` are taken in. Raises `ImporterError`, a sentence without the
    file's name, for what is damaged, needs more than the standard operators, or is too large.
    """
    budget = Budget(len(data))
    made = Graph(0, [], [], [], [])
    body, told = None, []
    for number, value in wire.fields(data, budget):
        if number in (2, 3):
            told.append(text(value))
        elif number == 7:
            body = chunk(value)
        elif number == 8:
            made.opset = _opset(chunk(value), budget) or made.opset
    if body is None:
        refuse(DAMAGED)
    if made.opset not in OPSETS:
        refuse(f"its operators are of version {made.opset}, and 7 to {OPSETS[-1]} are known")
    made.producer = " ".join(told)
    _read_body(made, body, budget, outside or Outside())
    return made


def _opset(data: memoryview, budget: Budget) -> int:
    """The version of the standard operators; 0 for others, which no node may use."""
    domain, version = "", 0
    for number, value in wire.fields(data, budget):
        if number == 1:
            domain = text(value)
        elif number == 2:
            version = integer(value)
    return version if domain in STANDARD else 0


def _read_body(made: Graph, data: memoryview, budget: Budget, outside: Outside) -> None:
    readers: dict[int, Callable[[memoryview], None]] = {
        1: lambda part: made.nodes.append(_node(part, budget, outside)),
        5: lambda part: made.constants.append(read_constant(part, budget, outside)),
        11: lambda part: made.inputs.append(_port(part, budget)),
        12: lambda part: made.outputs.append(_port(part, budget)),
        15: lambda part: refuse("it holds sparse tensors, which are not known here"),
    }
    for number, value in wire.fields(data, budget):
        if number in readers:
            readers[number](chunk(value))
        if len(made.nodes) > NODES_MAXIMUM:
            refuse(f"it has more than {NODES_MAXIMUM} operators")
    # Older files name their weights among the inputs, too.
    names = {constant.name for constant in made.constants}
    made.inputs = [port for port in made.inputs if port.name not in names]
    stand_still(made)
    _check_order(made)


def _check_order(made: Graph) -> None:
    """Every name is given once, before it is used: nothing goes in a circle."""
    given = [port.name for port in made.inputs] + [each.name for each in made.constants]
    known = {"", *given}
    for node in made.nodes:
        if not known.issuperset(node.inputs):
            refuse("its operators are not in the order in which they need each other")
        given += [name for name in node.outputs if name]
        known.update(node.outputs)
    if len(given) != len(set(given)) or not known.issuperset(port.name for port in made.outputs):
        refuse("it gives a name twice, or a result that nothing makes")


def _node(data: memoryview, budget: Budget, outside: Outside) -> Node:
    made, domain = Node("", [], []), ""
    for number, value in wire.fields(data, budget):
        if number == 1:
            made.inputs.append(text(value))
        elif number == 2:
            made.outputs.append(text(value))
        elif number == 4:
            made.operator = text(value)
        elif number == 5:
            made.attributes.append(_attribute(chunk(value), budget, outside))
        elif number == 7:
            domain = text(value)
    if domain not in STANDARD:
        refuse(f"it needs {shown(f'{domain}.{made.operator}')}, which is no standard operator")
    if made.operator not in OPERATORS:
        refuse(f"it needs the operator {shown(made.operator)}, which no generator here may use")
    return made


def _attribute(data: memoryview, budget: Budget, outside: Outside) -> Attribute:
    name, kind = "", 0
    single: list[AttributeValue] = []
    several_floats: list[float] = []
    several_ints: list[int] = []
    several_texts: list[bytes] = []
    for number, value in wire.fields(data, budget):
        if number == 1:
            name = text(value)
        elif number == 2:
            single = [floats(value)[0]]
        elif number == 3:
            single = [integer(value)]
        elif number == 4:
            single = [bytes(chunk(value))]
        elif number == 5:
            single = [read_constant(chunk(value), budget, outside)]
        elif number == 7:
            several_floats += floats(value)
        elif number == 8:
            several_ints += integers(value, budget)
        elif number == 9:
            several_texts.append(bytes(chunk(value)))
        elif number == 20:
            kind = integer(value)
        elif number != DOCUMENTATION:
            refuse(f"its attribute {shown(name)} holds more than numbers and text")
    found: dict[int, list[AttributeValue]] = {
        A_FLOAT: [each for each in single if isinstance(each, float)] or [0.0],
        AN_INT: [each for each in single if isinstance(each, int)] or [0],
        A_TEXT: [each for each in single if isinstance(each, bytes)] or [b""],
        A_TENSOR: [each for each in single if isinstance(each, Constant)],
        FLOATS: [several_floats],
        INTS: [several_ints],
        TEXTS: [several_texts],
    }
    if not found.get(kind):
        refuse(f"its attribute {shown(name)} holds more than numbers and text")
    return Attribute(name, kind, found[kind][0])


def _port(data: memoryview, budget: Budget) -> Port:
    """A ValueInfoProto: a name, and the TypeProto of a tensor."""
    made = Port("", 0, ())
    for number, value in wire.fields(data, budget):
        if number == 1:
            made.name = text(value)
        elif number == 2:
            for which, tensor in wire.fields(chunk(value), budget):
                if which == 1:
                    made.kind, made.dims = _tensor_type(chunk(tensor), budget)
    return made


def _tensor_type(data: memoryview, budget: Budget) -> tuple[int, tuple[int | None, ...]]:
    kind, dims = 0, []
    for number, value in wire.fields(data, budget):
        if number == 1:
            kind = integer(value)
        elif number == 2:
            sides = wire.fields(chunk(value), budget)
            dims = [_side(chunk(side), budget) for which, side in sides if which == 1]
    return kind, tuple(dims)


def _side(data: memoryview, budget: Budget) -> int | None:
    side = None
    for number, value in wire.fields(data, budget):
        if number == 1:
            side = integer(value)
    return side if side is not None and side > 0 else None


def written(graph: Graph) -> bytes:
    """A graph as the bytes of an ONNX file, the same ones for the same graph."""
    body: Parts = []
    for node in graph.nodes:
        body += wire.chunk(1, _node_written(node))
    body += wire.text(2, "generator")
    for constant in graph.constants:
        body += wire.chunk(5, constant_written(constant))
    for number, ports in ((11, graph.inputs), (12, graph.outputs)):
        for port in ports:
            body += wire.chunk(number, _port_written(port))
    opset = wire.text(1, "") + wire.number(2, graph.opset)
    parts = wire.number(1, IR_VERSION) + wire.chunk(7, body) + wire.chunk(8, opset)
    if sum(map(len, parts)) > SIZE_MAXIMUM_BYTES:
        refuse("larger than 2 GiB")
    return b"".join(parts)


def _node_written(node: Node) -> Parts:
    parts: Parts = []
    for number, names in ((1, node.inputs), (2, node.outputs)):
        for name in names:
            parts += wire.text(number, name)
    parts += wire.text(4, node.operator)
    for attribute in node.attributes:
        parts += wire.chunk(5, _attribute_written(attribute))
    return parts


def _attribute_written(attribute: Attribute) -> Parts:
    parts = wire.text(1, attribute.name) + wire.number(20, attribute.kind)
    values = attribute.value if isinstance(attribute.value, list) else [attribute.value]
    single = not isinstance(attribute.value, list)
    for value in values:
        if isinstance(value, float):
            parts += wire.fixed32(2 if single else 7, struct.pack("<f", value))
        elif isinstance(value, int):
            parts += wire.number(3 if single else 8, value)
        elif isinstance(value, bytes):
            parts += wire.chunk(4 if single else 9, [value])
        else:
            parts += wire.chunk(5, constant_written(value))
    return parts


def _port_written(port: Port) -> Parts:
    parts = wire.number(1, port.kind)
    if port.dims:
        shape: Parts = []
        for side in port.dims:
            shape += wire.chunk(1, wire.number(1, side) if side else [])
        parts += wire.chunk(2, shape)
    return wire.text(1, port.name) + wire.chunk(2, wire.chunk(1, parts))
