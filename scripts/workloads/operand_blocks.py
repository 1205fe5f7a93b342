# SPDX-License-Identifier: Apache-2.0
"""Images of sw/operand_block; layout: sw/operand_block/image.h."""
import struct

import numpy as np

from tessera_ref import ita

from .image import Image, WorkloadError
from .operands import BIASES, WEIGHTS, check_shape, expected_heads, read_header


class OperandBlocks:
    """Images of sw/operand_block."""

    MAGIC = b"OPBK"
    VERSION = 1
    HEADER = struct.Struct("<4s15I")
    FIELDS = ("magic version bytes s e p h q_offset k_offset blocks_offset block_bytes "
              "constants_offset result_offset report_offset reserved0 reserved1").split()
    CONSTANTS = struct.Struct("<8B8B8i")
    REPORT = struct.Struct("<2I")

    @classmethod
    def build(cls, work):
        """Returns the image as bytes. The blocks' Q and K are left for the program to fill."""
        s, e, p, h = (work[name] for name in "SEPH")
        check_shape((s, e, p, h), 16)
        if work["flavour"] != "mempool":
            raise WorkloadError(f"flavour {work['flavour']}; allowed: mempool")
        zeros = np.zeros((s, e), np.int8)
        blocks = []
        constants = []
        for head in range(h):
            operands = {"Q": zeros, "K": zeros}
            operands.update({name: work[name][head] for name in (*WEIGHTS, *BIASES)})
            blocks.append(ita.pack_operand_block(operands).tobytes())
            requants = list(work["requants"][head]) + [ita.Requant(0, 0, 0)] * 2
            constants.append(cls.CONSTANTS.pack(*(r.mult for r in requants),
                                                *(r.shift for r in requants),
                                                *(r.add for r in requants)))
        parts = [np.ascontiguousarray(work[name], np.int8).tobytes() for name in "QK"]
        parts += [b"".join(blocks), b"".join(constants), bytes(h * s * e), bytes(cls.REPORT.size)]
        image = Image()
        offsets = [image.add(part) for part in parts]
        cls.HEADER.pack_into(image.data, 0, cls.MAGIC, cls.VERSION, len(image.data), s, e, p, h,
                             *offsets[:3], len(blocks[0]), *offsets[3:], 0, 0)
        return bytes(image.data)

    @classmethod
    def parse(cls, image):
        """The header as a dictionary, and the workload."""
        header, work = read_header(image, cls.HEADER, cls.FIELDS)
        s, e, p, h = work.values()
        work.update(flavour="mempool", requants=[])
        heads = []
        for head in range(h):
            offset = header["blocks_offset"] + head * header["block_bytes"]
            block = np.frombuffer(image, np.uint8, header["block_bytes"], offset)
            heads.append(ita.unpack_operand_block(block, s, e, p))
            values = cls.CONSTANTS.unpack_from(image, header["constants_offset"]
                                               + head * cls.CONSTANTS.size)
            work["requants"].append([ita.Requant(values[i], values[8 + i], values[16 + i])
                                     for i in range(6)])
        work.update({name: [head[name] for head in heads] for name in (*WEIGHTS, *BIASES)})
        for name in "qk":
            work[name.upper()] = np.frombuffer(image, np.int8, s * e,
                                               header[f"{name}_offset"]).reshape(s, e)
        return header, work

    @staticmethod
    def expected(work):
        """int8 [H][S][E]."""
        return expected_heads(work)

    @classmethod
    def print_report(cls, header, dump):
        """One line. Returns whether the program said that it is done."""
        is_complete, cycles = cls.REPORT.unpack_from(dump, header["report_offset"])
        print(f"operand_block S={header['s']} E={header['e']} P={header['p']} H={header['h']}: "
              f"{cycles} cycles")
        return is_complete == 1
