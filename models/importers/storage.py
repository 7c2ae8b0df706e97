"""Storages and tensors of torch's files, each within the bounds of the bytes it stands on."""

import math

import numpy as np
import torch
from torch import Tensor

from models.importers.budget import Budget
from models.importers.machine import Global
from models.importers.refusal import refuse, shown
from models.importers.stand_ins import whole_numbers

STORAGE_KINDS = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


class Storage:
    """The numbers behind tensors; their memory is there at once, their values when `fill`ed."""

    def __init__(self, kind: str, count: int, budget: Budget) -> None:
        self.kind, self.count = kind, count
        dtype = STORAGE_KINDS[kind]
        self.size_bytes = count * dtype.itemsize
        budget.take(self.size_bytes)
        self.values = torch.zeros(count, dtype=dtype)

    def fill(self, raw: memoryview) -> None:
        """Copy the values, the little end first, out of exactly so many bytes."""
        if len(raw) != self.size_bytes:
            refuse("it holds a storage that is larger or smaller than its bytes")
        source = np.frombuffer(raw, np.uint8)
        # A truth value that is neither 0 nor 1 would be undefined behaviour.
        source = (source != 0).astype(np.uint8) if self.kind == "BoolStorage" else source
        np.copyto(self.values.view(torch.uint8).numpy(), source)


def rebuild_tensor(budget: Budget, arguments: tuple[object, ...]) -> Tensor:
    """The tensor that a storage, an offset, sizes and strides describe (torch's version 2)."""
    match arguments:
        case (Storage() as storage, int() as offset, tuple() as size, tuple() as stride, *_):
            sizes, strides = whole_numbers(size), whole_numbers(stride)
        case _:
            refuse("it holds a strange tensor")
    if len(sizes) != len(strides):
        refuse("it holds a tensor with as many sizes as strides not")
    count = math.prod(sizes)
    last = offset + sum((n - 1) * step for n, step in zip(sizes, strides, strict=True))
    # A step of 0 would make a tensor of any size out of a single number.
    if offset < 0 or count > storage.count or (count and last >= storage.count):
        refuse("it holds a tensor that is larger than its storage")
    return storage.values.as_strided(sizes, strides, offset if count else 0)


def rebuild_parameter(budget: Budget, arguments: tuple[object, ...]) -> Tensor:
    """A parameter is its tensor."""
    match arguments:
        case (Tensor() as tensor, *_):
            return tensor
    refuse("it holds a strange parameter")


class Storages:
    """The storages of one stream by their keys, made when a persistent id first names them."""

    def __init__(self, budget: Budget) -> None:
        self.by_key: dict[str, Storage] = {}
        self._budget = budget

    def find(self, identifier: object) -> tuple[str, Storage, bool]:
        """The key and storage of a persistent id, and whether it is a new one.

        The id is ("storage", kind, key, device, count), in streams with None as a sixth.
        """
        match identifier:
            case ("storage", Global() as kind, str() as key, str(), int() as count, *rest) if (
                kind.name in STORAGE_KINDS and rest in ([], [None])
            ):
                new = key not in self.by_key
                if new:
                    self.by_key[key] = Storage(kind.name, count, self._budget)
            case _:
                refuse("it points at something that is no storage")
        storage = self.by_key[key]
        if (storage.kind, storage.count) != (kind.name, count):
            refuse(f"it tells two things of the storage {shown(key)}")
        return key, storage, new
