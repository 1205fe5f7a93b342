# SPDX-License-Identifier: Apache-2.0
"""Images of sw/mhsa; layout: sw/mhsa/image.h."""
import struct

import numpy as np

from tessera_ref import ita

from .image import TILE, WorkloadError, aligned, need_range
from .operands import BIASES, PHASES, WEIGHTS, check_shape, expected_heads, read_header

TILE_BYTES = TILE * TILE
CONSTANTS_BYTES = 64  # before the biases in a head's last page
FLAVOUR_NUMBERS = {"rtl": 0, "rtl_2024_08": 1}


def tiled(matrix):
    """int8 [rows][columns] -> bytes, tile by tile (sw/mhsa/image.h)."""
    rows, columns = matrix.shape
    tiles = matrix.reshape(rows // TILE, TILE, columns // TILE, TILE).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(tiles, np.int8).tobytes()


def untiled(data, rows, columns):
    tiles = np.frombuffer(data, np.int8).reshape(rows // TILE, columns // TILE, TILE, TILE)
    return tiles.transpose(0, 2, 1, 3).reshape(rows, columns)


def pack_biases(values):
    """int32 -> 3 bytes each, little-endian."""
    values = np.asarray(values, np.int64)
    if values.min(initial=0) < -(1 << 23) or values.max(initial=0) >= 1 << 23:
        raise WorkloadError("a bias does not fit 24 bits")
    return np.ascontiguousarray(values.astype("<i4")).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def unpack_biases(data):
    low = np.frombuffer(data, np.uint8).reshape(-1, 3).astype(np.int32)
    return ita.wrap(low[:, 0] | low[:, 1] << 8 | low[:, 2] << 16, 24).astype(np.int32)


class Mhsa:
    """Images of sw/mhsa."""

    MAGIC = b"MHSA"
    VERSION = 1
    HEADER = struct.Struct("<4s15I")
    FIELDS = ("magic version bytes s e p h flavour flags q_offset k_offset heads_offset head_bytes "
              "sum_requant result_offset report_offset").split()
    REPORT = struct.Struct("<6I12I")
    CORES_ONLY = 1

    @staticmethod
    def head_bytes(work, head):
        """Weights in tiles, then the page of constants and biases."""
        weights = b"".join(tiled(work[name][head].T) for name in WEIGHTS)
        requants = list(work["requants"][head]) + [ita.Requant(0, 0, 0)] * 2
        for requant in requants:
            need_range(requant.mult, 0, 255, "mult")
            need_range(requant.shift, 0, 255, "shift")
            need_range(requant.add, -128, 127, "add")
        page = b"".join((bytes(r.mult for r in requants), bytes(r.shift for r in requants),
                         struct.pack("<8b", *(r.add for r in requants))))
        page = page.ljust(CONSTANTS_BYTES, b"\0")
        page += b"".join(pack_biases(work[name][head]) for name in BIASES)
        if len(page) > TILE_BYTES:
            raise WorkloadError(f"E={work['E']} P={work['P']}: too many biases; allowed: "
                                "9 P + 3 E <= 4032")
        return weights + page.ljust(TILE_BYTES, b"\0")

    @classmethod
    def build(cls, work, cores_only):
        """Returns the image as bytes."""
        check_shape([work[name] for name in "SEPH"], TILE)
        if work["flavour"] not in FLAVOUR_NUMBERS:
            raise WorkloadError(f"flavour {work['flavour']}; allowed: {', '.join(FLAVOUR_NUMBERS)}")
        q, k = tiled(work["Q"]), tiled(work["K"])
        k_offset = cls.HEADER.size
        q_offset = k_offset if q == k else k_offset + len(k)
        inputs = k if q == k else k + q
        heads_offset = k_offset + len(inputs)
        heads = [cls.head_bytes(work, head) for head in range(work["H"])]
        result_offset = heads_offset + sum(map(len, heads))
        report_offset = result_offset + work["S"] * work["E"]
        total = aligned(report_offset + cls.REPORT.size)
        total_requant = work["sum_requant"]
        header = cls.HEADER.pack(
            cls.MAGIC, cls.VERSION, total, work["S"], work["E"], work["P"], work["H"],
            FLAVOUR_NUMBERS[work["flavour"]], cls.CORES_ONLY if cores_only else 0, q_offset,
            k_offset, heads_offset, len(heads[0]),
            total_requant.mult | total_requant.shift << 8 | (total_requant.add & 0xFF) << 16,
            result_offset, report_offset)
        return (header + inputs + b"".join(heads)).ljust(total, b"\0")

    @classmethod
    def parse_head(cls, block, work):
        e, p = work["E"], work["P"]
        shapes = ((p, e), (p, e), (p, e), (e, p))
        head = {name: untiled(block[i * e * p:(i + 1) * e * p], *shapes[i]).T
                for i, name in enumerate(WEIGHTS)}
        page = block[4 * e * p:]
        fields = [np.frombuffer(page[8 * i:8 * i + 8], kind)
                  for i, kind in enumerate((np.uint8, np.uint8, np.int8))]
        head["requants"] = [ita.Requant(*(int(field[i]) for field in fields)) for i in range(6)]
        offset = CONSTANTS_BYTES
        for name, count in zip(BIASES, (p, p, p, e)):
            head[name] = unpack_biases(page[offset:offset + 3 * count])
            offset += 3 * count
        return head

    @classmethod
    def parse(cls, image):
        """The header as a dictionary, and the workload."""
        header, work = read_header(image, cls.HEADER, cls.FIELDS)
        s, e, p, h = work.values()
        names = {number: name for name, number in FLAVOUR_NUMBERS.items()}
        work["flavour"] = names[header["flavour"]]
        for name in "qk":
            offset = header[f"{name}_offset"]
            work[name.upper()] = untiled(image[offset:offset + s * e], s, e)
        heads = []
        for head in range(h):
            offset = header["heads_offset"] + head * header["head_bytes"]
            heads.append(cls.parse_head(image[offset:offset + header["head_bytes"]], work))
        work.update({name: [head[name] for head in heads] for name in heads[0]})
        packed = header["sum_requant"]
        work["sum_requant"] = ita.Requant(packed & 0xFF, packed >> 8 & 0xFF,
                                          int(ita.wrap(packed >> 16, 8)))
        return header, work

    @staticmethod
    def expected(work):
        """int8 [S][E]."""
        return ita.sum_heads(expected_heads(work), work["sum_requant"],
                             ita.FLAVOURS[work["flavour"]])

    @classmethod
    def print_report(cls, header, dump):
        """The phase table. Returns whether the program said that it is done."""
        values = cls.REPORT.unpack_from(dump, header["report_offset"])
        is_complete, itas, harts, load, heads, total = values[:6]
        units = max(itas, 1)
        total += load + heads
        print(f"mhsa S={header['s']} E={header['e']} P={header['p']} H={header['h']} on "
              + (f"{itas} ITAs, {harts} harts" if itas else f"{harts} harts"))
        print(f"{'phase':<8}{'cycles':>12}{'tile steps':>12}{'utilisation':>13}")
        print(f"{'load':<8}{load:>12}")
        for i, phase in enumerate(PHASES):
            cycles, steps = values[6 + 2 * i:8 + 2 * i]
            print(f"{phase:<8}{cycles // units:>12}{steps:>12}"
                  f"{cls.utilisation(itas, steps, cycles):>13}")
        steps = sum(values[7::2])
        print(f"{'sum':<8}{total - load - heads:>12}")
        print(f"{'total':<8}{total:>12}{steps:>12}"
              f"{cls.utilisation(itas, steps, total * units):>13}")
        return is_complete == 1

    @staticmethod
    def utilisation(itas, steps, cycles):
        """Share of the cycles in which an ITA multiplies: 256 per tile step."""
        return f"{100 * 256 * steps / cycles:.1f} %" if itas and cycles else "-"
