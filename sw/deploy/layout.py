# SPDX-License-Identifier: Apache-2.0
"""Where tensors lie while a plan is made: buffers without an address yet, and views of them.

A view is a buffer seen through a shape and strides. Reshape, Transpose and Gather of a view are
views where numpy would need no copy: the strides are those of a numpy array that is never read.
"""
import dataclasses
import math

import numpy as np


@dataclasses.dataclass(eq=False)
class Buffer:
    """Bytes in L1 or L2. first, last: steps in which they are in use; address: set by allocation.

    kind: "stream" (tiles on their way; shrinks with the tile size), "tensor" (an activation),
    "constant", "scratch". advances: L2 only, each iteration has its own, an input or output
    of the model. tensor: name of the activation, if it is one."""

    name: str
    bytes: int
    memory: str = "L1"
    kind: str = "stream"
    layer: str = ""
    tensor: str = ""
    advances: bool = False
    first: int = None
    last: int = None
    address: int = None

    def use(self, first, last):
        """Extends the time in use to the steps first .. last."""
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)

    def at(self, offset=0):
        return Pointer(self, offset)


@dataclasses.dataclass(frozen=True)
class Pointer:
    """A place in a buffer; int() of it is the address once the buffer has one."""

    buffer: Buffer
    offset: int = 0

    def __add__(self, offset):
        return Pointer(self.buffer, self.offset + offset)

    def __int__(self):
        return self.buffer.address + self.offset


@dataclasses.dataclass(frozen=True)
class Region:
    """What a command reads or writes: rows of `bytes` bytes, `stride` apart."""

    pointer: Pointer
    rows: int
    bytes: int
    stride: int = 0

    @staticmethod
    def plain(pointer, size):
        return Region(pointer, 1, size, size)


class View:
    """Elements of a buffer. array: numpy array with the shape and strides; its data are no data."""

    def __init__(self, buffer, array, base):
        self.buffer = buffer
        self.array = array
        self.base = base

    @staticmethod
    def of(buffer, shape, dtype):
        """All of a buffer, row-major."""
        item = np.dtype(dtype).itemsize
        strides = [item * math.prod(shape[axis + 1:]) for axis in range(len(shape))]
        array = np.lib.stride_tricks.as_strided(np.empty(1, dtype), tuple(shape), strides)
        return View(buffer, array, address_of(array))

    @property
    def shape(self):
        return self.array.shape

    @property
    def strides(self):
        return self.array.strides

    @property
    def dtype(self):
        return self.array.dtype.name

    @property
    def itemsize(self):
        return self.array.itemsize

    @property
    def bytes(self):
        return self.array.size * self.array.itemsize

    def pointer(self):
        """To the first element."""
        return self.buffer.at(address_of(self.array) - self.base)

    def like(self, array):
        return View(self.buffer, array, self.base)

    def transpose(self, permutation):
        return self.like(self.array.transpose(permutation))

    def __getitem__(self, key):
        return self.like(self.array[key])

    def reshape(self, shape):
        """The same elements in another shape, or None when that takes a copy."""
        array = self.array.view()
        try:
            array.shape = tuple(shape)
        except AttributeError:
            return None
        return self.like(array)

    def is_contiguous(self):
        return self.array.flags.c_contiguous

    def matrices(self):
        """As [matrices][m][n] with contiguous, word-aligned rows, or None.

        Leading dimensions that do not collapse make it None, too."""
        shape = self.shape
        rows = shape[-2] if len(shape) > 1 else 1
        view = self.reshape((math.prod(shape[:-2]), rows, shape[-1]))
        if view is None or not view.has_rows():
            return None
        return view

    def has_rows(self):
        """The last dimension is contiguous and rows begin at words."""
        row_stride = self.strides[-2] if len(self.shape) > 1 and self.shape[-2] > 1 else 0
        is_contiguous = self.shape[-1] == 1 or self.strides[-1] == self.itemsize
        return is_contiguous and row_stride % 4 == 0 and self.pointer().offset % 4 == 0

    def region(self):
        """The bytes of a view of two dimensions with contiguous rows."""
        rows, columns = self.shape
        return Region(self.pointer(), rows, columns * self.itemsize, self.strides[0])


def address_of(array):
    return array.__array_interface__["data"][0]
