"""The tables of names that model files may use, each with its inert stand-in."""

import numpy as np

from models.importers.budget import Budget
from models.importers.machine import Global, Known
from models.importers.refusal import refuse
from models.importers.stand_ins import NUMPY_KINDS, Array, DType, Instance
from models.importers.storage import STORAGE_KINDS, rebuild_parameter, rebuild_tensor


def _dict(budget: Budget, arguments: tuple[object, ...]) -> dict[object, object]:
    if arguments:
        refuse("it holds a strange dict")
    return {}


def _set(budget: Budget, arguments: tuple[object, ...]) -> list[object]:
    match arguments:
        case (list() as values,):
            return values
    refuse("it holds a strange set")


def _encode(budget: Budget, arguments: tuple[object, ...]) -> memoryview:
    """Protocol 2 has no bytes: they come as text, one letter a byte."""
    match arguments:
        case (str() as text, "latin1"):
            budget.take(len(text))
            try:
                return memoryview(text.encode("latin1"))
            except UnicodeEncodeError:
                pass
    refuse("it holds strange bytes")


def _dtype(budget: Budget, arguments: tuple[object, ...]) -> DType:
    match arguments:
        case (str() as kind, *_) if kind in NUMPY_KINDS:
            return DType(NUMPY_KINDS[kind])
    refuse("it holds numpy numbers of a strange type")


def _scalar(budget: Budget, arguments: tuple[object, ...]) -> object:
    match arguments:
        case (DType() as dtype, memoryview() as raw) if len(raw) == dtype.numbers.itemsize:
            return np.frombuffer(raw, dtype.numbers)[0].item()
    refuse("it holds a strange number")


def _array(budget: Budget, arguments: tuple[object, ...]) -> Array:
    match arguments:
        case (Global(name="ndarray"), (0,), memoryview()):
            return Array()
    refuse("it holds a strange array")


def _from_buffer(budget: Budget, arguments: tuple[object, ...]) -> Array:
    """Protocol 5 has an array's bytes first."""
    match arguments:
        case (memoryview() as raw, dtype, shape, "C" | "F" as order):
            array = Array()
            array.build((1, shape, dtype, order == "F", raw))
            return array
    refuse("it holds a strange array")


def _persistent(budget: Budget, arguments: tuple[object, ...]) -> Instance:
    """A module as NVIDIA's releases keep it; its source code is left where it is."""
    match arguments:
        case (dict() as meta,):
            pass
        case _:
            refuse("it holds a strange module")
    match meta:
        case {"type": "class", "version": 6, "class_name": str() as name, "state": state}:
            instance = Instance(name)
            instance.build(state)
            return instance
    refuse("it holds a module of an unknown version")


def _arrays(core: str) -> Known:
    return {
        (f"{core}.multiarray", "_reconstruct"): Global("_reconstruct", call=_array),
        (f"{core}.multiarray", "scalar"): Global("scalar", call=_scalar),
        (f"{core}.numeric", "_frombuffer"): Global("_frombuffer", call=_from_buffer),
    }


PLAIN: Known = {
    ("collections", "OrderedDict"): Global("OrderedDict", call=_dict, new=dict),
    ("dnnlib.util", "EasyDict"): Global("EasyDict", call=_dict, new=dict),
    ("builtins", "set"): Global("set", call=_set),
    ("__builtin__", "set"): Global("set", call=_set),
    ("_codecs", "encode"): Global("encode", call=_encode),
    ("argparse", "Namespace"): Global("Namespace", new=lambda: Instance("Namespace")),
    ("numpy", "ndarray"): Global("ndarray"),
    ("numpy", "dtype"): Global("dtype", call=_dtype),
    **_arrays("numpy.core"),
    **_arrays("numpy._core"),
}
TENSORS: Known = {
    ("torch._utils", "_rebuild_tensor_v2"): Global("_rebuild_tensor_v2", call=rebuild_tensor),
    ("torch._utils", "_rebuild_parameter"): Global("_rebuild_parameter", call=rebuild_parameter),
}
STORAGES: Known = {("torch", kind): Global(kind) for kind in STORAGE_KINDS}
MODULES: Known = {
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): Global(
        "_reconstruct_persistent_obj", call=_persistent
    ),
    ("dnnlib.tflib.network", "Network"): Global("Network", new=lambda: Instance("Network")),
}
