"""Follow storages and strides, so that views and in-place writes become index maps.

A storage has one node: its value now, over the axes of the tensor that it was made for. Reading a
view looks its entries up in that node; writing into a view makes a new one. So no view needs a rule
of its own. Storages that no input reaches are not kept: they are read as the numbers they hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from comparisons.capture.arrays.axes import Shape, axes_of, over, shape_of
from comparisons.capture.arrays.movement import IntArray, moved
from comparisons.capture.arrays.numbers import array_node
from symdiff.graph import Node, elementwise, gather

_numpy = Tensor.numpy  # itself, whatever stands in its place while code is recorded


@dataclass(frozen=True)
class MemoryLayout:
    """A layout says at which places of its storage a tensor's entries are."""

    shape: Shape
    strides: Shape
    offset: int

    @classmethod
    def of(cls, tensor: Tensor) -> MemoryLayout:
        """The layout of a tensor, from its shape, strides and offset."""
        return cls(tuple(tensor.shape), tuple(tensor.stride()), int(tensor.storage_offset()))

    @property
    def places(self) -> IntArray:
        """The place in the storage of every entry, in the tensor's shape."""
        found = np.full(self.shape, self.offset, dtype=np.int64)
        for dim, (length, stride) in enumerate(zip(self.shape, self.strides, strict=True)):
            along = [1] * len(self.shape)
            along[dim] = length
            found = found + (np.arange(length) * stride).reshape(along)
        return found


@dataclass
class Storage:
    """A storage's places, with the node and the entry that each holds.

    Args: layout, that the node's entries have; size, places in the storage; node, its value;
        reached, whether an input reaches it; held, a tensor of it, so that its address stays its
        own.
    """

    layout: MemoryLayout
    size: int
    node: Node
    reached: bool
    held: Tensor

    @cached_property
    def entry_at(self) -> IntArray:
        """For every place of the storage the entry of the node that is there, or −1."""
        found = np.full(max(1, self.size), -1, dtype=np.int64)
        places = self.layout.places.ravel()
        found[places] = np.arange(places.size)
        return found


class Storages:
    """The storages that hold values which depend on an input."""

    def __init__(self) -> None:
        self._known: dict[int, Storage] = {}
        self._held: list[Tensor | torch.UntypedStorage] = []
        self._made: dict[int, MemoryLayout] = {}  # as what a storage was made

    def made_empty(self, tensor: Tensor) -> None:
        """Note that a tensor was made without contents: the gaps between its entries are free."""
        self._made[address(tensor)] = MemoryLayout.of(tensor)
        self._held.append(tensor)

    def _is_all(self, tensor: Tensor) -> bool:
        """Whether nothing of the storage is elsewhere than in the tensor."""
        return _is_dense(tensor) or self._made.get(address(tensor)) == MemoryLayout.of(tensor)

    def get(self, tensor: Tensor) -> Storage | None:
        """The storage that a tensor lies in; None if it holds plain numbers."""
        return self._known.get(address(tensor))

    def put(self, tensor: Tensor, node: Node, *, reached: bool = True) -> None:
        """Note that a tensor just made has the value `node`."""
        layout, size = MemoryLayout.of(tensor), _places(tensor)
        self._known[address(tensor)] = Storage(layout, size, node, reached, tensor)
        self._held.append(tensor)

    def value(self, tensor: Tensor) -> Node:
        """The node of a tensor or a view, over its axes or fewer."""
        storage = self.get(tensor)
        if storage is None:
            return numbers(tensor)
        layout = MemoryLayout.of(tensor)
        if layout == storage.layout:
            return storage.node
        return moved(storage.node, storage.layout.shape, storage.entry_at[layout.places])

    def write(self, tensor: Tensor, node: Node, *, reached: bool) -> None:
        """Note that `node` is written into a tensor or a view; call it before the write happens."""
        storage = self.get(tensor)
        if storage is None:
            if not reached:
                return
            if self._is_all(tensor):
                self.put(tensor, node)
                return
            whole = _whole(tensor)
            self.put(whole, numbers(whole))
            storage = self._known[address(tensor)]
        storage.reached = storage.reached or reached
        layout = MemoryLayout.of(tensor)
        if layout == storage.layout:
            storage.node = node
            return
        entries = storage.entry_at[layout.places].ravel()
        shape, axes = storage.layout.shape, axes_of(storage.layout.shape)
        count = prod(shape)
        source = np.full(count, -1, dtype=np.int64)
        source[entries] = np.arange(entries.size)
        stays = np.where(source < 0, np.arange(count), -1)
        lengths, own = shape_of(axes), axes_of(layout.shape)
        written = gather(over(node, own), source.reshape(lengths), axes, shape_of(own))
        kept = gather(over(storage.node, axes), stays.reshape(lengths), axes, lengths)
        storage.node = elementwise(lambda a, b: a + b, kept, written)

    def keep(self, tensor: Tensor) -> None:
        """Keep the storage alive, so that nothing else gets its address."""
        self._held.append(tensor.untyped_storage())

    def forget(self, tensor: Tensor) -> None:
        """Note that the tensor holds plain numbers from now on."""
        self._known.pop(address(tensor), None)


def numbers(tensor: Tensor) -> Node:
    """A copy of a tensor's numbers as they are now."""
    return array_node(array_of(tensor), axes_of(tensor.shape))


def array_of(tensor: Tensor) -> npt.NDArray[Any]:
    """A tensor's numbers as float64, or integers as they are."""
    with torch._C._DisableTorchDispatch():
        plain = tensor.detach().resolve_conj().resolve_neg()
        if plain.is_floating_point():
            plain = plain.to(torch.float64)
        return np.array(_numpy(plain))


def unreadable(tensor: Tensor) -> str:
    """In words what kind of tensor has no strided storage, as a sparse one; empty if it has one."""
    if tensor.is_nested:
        return "a nested tensor"
    if tensor.layout != torch.strided:
        return "an mkldnn tensor" if tensor.is_mkldnn else "a sparse tensor"
    if tensor.is_quantized:
        return "a quantized tensor"
    return "a meta tensor" if tensor.is_meta else ""


def address(tensor: Tensor) -> int:
    """The key of a tensor's storage while that lives; of a tensor without one the tensor itself."""
    if unreadable(tensor):
        return -id(tensor)
    return int(tensor.untyped_storage()._cdata)


def _places(tensor: Tensor) -> int:
    return int(tensor.untyped_storage().nbytes()) // max(1, tensor.element_size())


def _is_dense(tensor: Tensor) -> bool:
    """Whether the tensor has an entry at each place of its storage, in whatever order."""
    expected = 1
    for stride, length in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if length != 1 and stride != expected:
            return False
        expected *= length
    return expected == _places(tensor)


def _whole(tensor: Tensor) -> Tensor:
    """All of the storage that a tensor is a view of: in one row, or as the tensor has it."""
    if tensor.is_contiguous() and tensor.numel() == _places(tensor):
        return tensor
    with torch._C._DisableTorchDispatch():
        return tensor.detach().as_strided((_places(tensor),), (1,), 0)
