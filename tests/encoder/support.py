# SPDX-License-Identifier: Apache-2.0
"""What the tests of schedules share."""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "sw"), str(ROOT / "scripts")]

import numpy as np  # noqa: E402

from deploy.map_ita import Activation, ItaMapper, Matrix  # noqa: E402
from deploy.run import run_image, run_schedule  # noqa: E402
from deploy.schedule import Schedule, Span  # noqa: E402
from deploy.soc import load_soc  # noqa: E402
from tessera_ref import ita  # noqa: E402

FLAVOUR = ita.FLAVOURS["rtl"]
MACHINES = ("minpool", "mempool", "terapool", "mempool_ita", "tessera")


def soc(name, *settings):
    return load_soc(ROOT / "configs" / f"{name}.yaml", settings, os.environ["TESSERA"])


def programs():
    """Paths of the simulator and the firmware for run_*(), from the environment."""
    return {"tessera": os.environ["TESSERA"], "elf": os.environ["ENCODER"]}


def int8(rng, *shape):
    return rng.integers(-128, 128, shape, dtype=np.int8)


def copy_arguments(destination, source, rows, count, destination_stride=0, source_stride=0):
    """Arguments of the kernel `copy`, and what it reads and writes."""
    destination_stride = destination_stride or count
    source_stride = source_stride or count
    return ({"destination": destination, "source": source, "rows": rows, "bytes": count,
             "destination_stride": destination_stride, "source_stride": source_stride},
            [Span(source, count, rows, source_stride)],
            [Span(destination, count, rows, destination_stride)])


class L1:
    """Places matrices in the cores' L1, one behind the other."""

    def __init__(self, schedule):
        self.schedule = schedule
        self.next = schedule.l1_begin

    def matrix(self, rows, columns, stride=None):
        stride = stride or columns
        matrix = Matrix(self.next, rows, columns, stride)
        self.next += rows * stride
        assert self.next <= self.schedule.soc.l1_end
        return matrix

    def load(self, values):
        """A matrix with these values, brought by the DMA."""
        matrix = self.matrix(*values.shape)
        source = self.schedule.add_data(np.ascontiguousarray(values).tobytes())
        self.schedule.copy([(matrix.address, source, values.size)])
        return matrix


def store(schedule, matrix):
    """Brings a matrix without gaps to L2. Returns the address."""
    count = matrix.rows * matrix.columns
    address = schedule.reserve(count)
    schedule.copy([(address, matrix.address, count)])
    return address


def linear(x, weight, bias, requant, activation=Activation()):
    """The reference: int8 [M][N]."""
    return ita.linear(x, weight.T.astype(np.int64), bias, ita.Requant(*requant), FLAVOUR,
                      activation.kind, ita.Gelu(*activation.gelu),
                      ita.Requant(*activation.requant))


def attention(q, k, v, heads, qk, av):
    """The reference: int8 [S][H*P]."""
    parts = []
    for query, key, value in zip(*(np.split(matrix, heads, axis=1) for matrix in (q, k, v))):
        logits = ita.linear(query, key.T, None, ita.Requant(*qk), FLAVOUR)
        parts.append(ita.linear(ita.softmax(logits, FLAVOUR), value, None, ita.Requant(*av),
                                FLAVOUR))
    return np.concatenate(parts, axis=1)


__all__ = ["Activation", "FLAVOUR", "ItaMapper", "L1", "MACHINES", "Matrix", "Schedule", "Span",
           "attention", "copy_arguments", "int8", "ita", "linear", "np", "programs", "run_image",
           "run_schedule", "soc", "store"]
