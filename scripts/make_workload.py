#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the workload images that guest programs read from L2, and checks what they wrote back.

    make_workload.py mhsa --shape 128,128,64,8 --seed 1 -o work.img
    make_workload.py mhsa --npz case.npz -o work.img
    tessera run --load 0x80100000:work.img --dump 0x80100000:$(stat -c %s work.img):out.img mhsa.elf
    make_workload.py check work.img out.img

Layouts: sw/mhsa/image.h, sw/operand_block/image.h, firmware/runtime/arguments.h. Keys of .npz
files are those of the golden files of ITA. The expected output comes from tessera_ref.ita.
"""
import argparse
import pathlib
import struct
import sys
import zipfile

import numpy as np

import workload_command
from tessera_ref import ita

WORKLOAD_ADDRESS = 0x80100000
TILE = 64
TILE_BYTES = TILE * TILE
ALIGNMENT = 64
CONSTANTS_BYTES = 64  # before the biases in a head's last page
FLAVOUR_NUMBERS = {"rtl": 0, "rtl_2024_08": 1, "mempool": 2}
PHASES = ("Q", "K", "V", "QK", "AV", "OW")
WEIGHTS = ("Wq", "Wk", "Wv", "Wo")
BIASES = ("Bq", "Bk", "Bv", "Bo")


class WorkloadError(Exception):
    """What the user gave cannot become, or is not, a workload."""


# Workloads: dictionaries with S, E, P, H, flavour (name), Q, K int8 [S][E], Wq, Wk, Wv int8
# [H][E][P], Wo int8 [H][P][E], Bq, Bk, Bv int32 [H][P], Bo int32 [H][E], requants [H][6] of
# ita.Requant in the flavour's order, and for mhsa sum_requant (ita.Requant).


def check_shape(shape, multiple):
    """Raises WorkloadError unless S, E, P are positive multiples and H is positive."""
    for name, size in zip("SEP", shape):
        if size <= 0 or size % multiple:
            raise WorkloadError(f"{name}={size}; allowed: positive multiples of {multiple}")
    if shape[3] <= 0:
        raise WorkloadError(f"H={shape[3]}; allowed: 1 and more")


def random_requant(rng, spread):
    """A requantiser that brings accumulators of standard deviation `spread` to about 40."""
    mult = int(rng.integers(64, 128))
    shift = int(np.clip(np.round(np.log2(mult * spread / 40)), 0, 34))
    return ita.Requant(mult, shift, int(rng.integers(-8, 9)))


def random_workload(shape, seed, flavour_name, same_inputs=False):
    """Random operands with constants that keep every phase busy.

    Args:
        shape: (S, E, P, H) in elements.
        seed: of numpy's generator.
        flavour_name: key of ita.FLAVOURS.
        same_inputs: queries are the keys.
    """
    s, e, p, h = shape
    rng = np.random.default_rng(seed)

    def bytes_of(*sizes):
        return rng.integers(-128, 128, sizes, dtype=np.int8)

    def biases_of(*sizes):
        return rng.integers(-(1 << 15), 1 << 15, sizes, dtype=np.int32)

    k = bytes_of(s, e)
    work = {"S": s, "E": e, "P": p, "H": h, "flavour": flavour_name,
            "K": k, "Q": k if same_inputs else bytes_of(s, e),
            "Wq": bytes_of(h, e, p), "Wk": bytes_of(h, e, p), "Wv": bytes_of(h, e, p),
            "Wo": bytes_of(h, p, e), "Bq": biases_of(h, p), "Bk": biases_of(h, p),
            "Bv": biases_of(h, p), "Bo": biases_of(h, e)}
    projection = 74 * 74 * np.sqrt(e)  # 74: standard deviation of a uniform int8
    spreads = {"Q": projection, "K": projection, "V": projection, "QK": 40 * 40 * np.sqrt(p),
               "AV": 127 * 20, "OW": 40 * 74 * np.sqrt(p)}
    order = ita.FLAVOURS[flavour_name].order[:len(PHASES)]
    work["requants"] = [[random_requant(rng, spreads[phase]) for phase in order]
                        for _ in range(h)]
    work["sum_requant"] = random_requant(rng, 40 * np.sqrt(h))
    return work


def load_npz(path):
    """The arrays of an .npz file as a dictionary."""
    try:
        with np.load(path) as data:
            return {name: data[name] for name in data.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise WorkloadError(f"{path}: {error}") from error


def need_keys(data, names, path):
    missing = [name for name in names if name not in data]
    if missing:
        raise WorkloadError(f"{path}: keys missing: {', '.join(missing)}")


def mhsa_from_npz(path):
    """A workload from a file with the keys Q, K, W*, B*, rq_mult, rq_shift, rq_add, flavour."""
    data = load_npz(path)
    need_keys(data, ("Q", "K", *WEIGHTS, *BIASES, "rq_mult", "rq_shift", "rq_add", "flavour"), path)
    s, e = data["Q"].shape
    h, _, p = data["Wq"].shape
    work = {"S": s, "E": e, "P": p, "H": h, "flavour": str(data["flavour"])}
    work.update({name: data[name] for name in ("Q", "K", *WEIGHTS, *BIASES)})
    constants = [data[f"rq_{field}"].astype(int) for field in ("mult", "shift", "add")]

    def requant(index, head):
        return ita.Requant(*(int(field[index][head]) for field in constants))

    work["requants"] = [[requant(index, head) for index in range(6)] for head in range(h)]
    work["sum_requant"] = requant(6, 0)
    return work


def blocks_from_npz(path):
    """A workload from a golden file of the flavour mempool: img{h}, mult{h}, shift{h}, add{h}."""
    data = load_npz(path)
    need_keys(data, ("S", "E", "P", "H", "img0"), path)
    s, e, p, h = (int(data[name]) for name in "SEPH")
    need_keys(data, [f"{name}{head}" for name in ("img", "mult", "shift", "add")
                     for head in range(h)], path)
    heads = [ita.unpack_operand_block(data[f"img{head}"], s, e, p) for head in range(h)]
    work = {"S": s, "E": e, "P": p, "H": h, "flavour": "mempool", "Q": heads[0]["Q"],
            "K": heads[0]["K"]}
    work.update({name: np.stack([head[name] for head in heads]) for name in (*WEIGHTS, *BIASES)})
    work["requants"] = [[ita.Requant(*(int(data[f"{field}{head}"][index])
                                       for field in ("mult", "shift", "add")))
                         for index in range(6)] for head in range(h)]
    return work


def expected_heads(work):
    """Outputs of all heads, int8 [H][S][E]."""
    flavour = ita.FLAVOURS[work["flavour"]]
    outputs = []
    for head in range(work["H"]):
        operands = {"Q": work["Q"], "K": work["K"]}
        operands.update({name: work[name][head] for name in (*WEIGHTS, *BIASES)})
        outputs.append(ita.head(operands, work["requants"][head], flavour)["Out"])
    return np.stack(outputs)


def aligned(offset, alignment=ALIGNMENT):
    return (offset + alignment - 1) // alignment * alignment


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


def need_range(value, low, high, what):
    if not low <= value <= high:
        raise WorkloadError(f"{what} is {value}; allowed: {low}..{high}")


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
        if work["flavour"] not in ("rtl", "rtl_2024_08"):
            raise WorkloadError(f"flavour {work['flavour']}; allowed: rtl, rtl_2024_08")
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
        header = dict(zip(cls.FIELDS, cls.HEADER.unpack_from(image)))
        if len(image) < header["bytes"]:
            raise WorkloadError(f"image of {len(image)} bytes; its header says {header['bytes']}")
        s, e, p, h = (header[name] for name in "seph")
        names = {number: name for name, number in FLAVOUR_NUMBERS.items()}
        work = {"S": s, "E": e, "P": p, "H": h, "flavour": names[header["flavour"]]}
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
        offsets = []
        image = bytearray(cls.HEADER.size)
        for part in parts:
            image.extend(bytes(aligned(len(image)) - len(image)))
            offsets.append(len(image))
            image.extend(part)
        image.extend(bytes(aligned(len(image)) - len(image)))
        cls.HEADER.pack_into(image, 0, cls.MAGIC, cls.VERSION, len(image), s, e, p, h, *offsets[:3],
                             len(blocks[0]), *offsets[3:], 0, 0)
        return bytes(image)

    @classmethod
    def parse(cls, image):
        """The header as a dictionary, and the workload."""
        header = dict(zip(cls.FIELDS, cls.HEADER.unpack_from(image)))
        if len(image) < header["bytes"]:
            raise WorkloadError(f"image of {len(image)} bytes; its header says {header['bytes']}")
        s, e, p, h = (header[name] for name in "seph")
        work = {"S": s, "E": e, "P": p, "H": h, "flavour": "mempool", "requants": []}
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


KINDS = {kind.MAGIC: kind for kind in (Mhsa, OperandBlocks)}


def check(image_path, dump_path):
    """Compares the result in a dump of the image's memory with the reference. Returns exit code."""
    image, dump = (read_bytes(path) for path in (image_path, dump_path))
    kind = KINDS.get(image[:4])
    if kind is None or len(image) < kind.HEADER.size:
        raise WorkloadError(f"{image_path}: not a workload image")
    if len(dump) < len(image):
        raise WorkloadError(f"{dump_path}: {len(dump)} bytes; the image has {len(image)}")
    header, work = kind.parse(image)
    expected = kind.expected(work)
    result = np.frombuffer(dump, np.int8, expected.size, header["result_offset"])
    is_complete = kind.print_report(header, dump)
    differing = int(np.count_nonzero(result != expected.ravel()))
    passed = is_complete and differing == 0
    note = "" if is_complete else ", and the program did not finish"
    print(f"{'PASS' if passed else 'FAIL'}: {differing} differing bytes of {expected.size}{note}")
    return 0 if passed else 1


def read_bytes(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise WorkloadError(f"{path}: {error.strerror}") from error


def write_image(path, image):
    pathlib.Path(path).write_bytes(image)
    print(f"{path}: {len(image)} bytes for 0x{WORKLOAD_ADDRESS:08x}")


def arguments_page(options):
    """The page at ARGUMENTS_ADDRESS."""
    for name in ("harts", "repetitions", "size", "variant"):
        need_range(getattr(options, name), 0, 0xFFFFFFFF, f"--{name}")
    shape = parse_shape(options.shape, "m,n,k", "128,256,256") if options.shape else (0, 0, 0)
    return struct.pack("<4s7I", b"ARGS", options.harts, options.repetitions, options.size, *shape,
                       options.variant)


def parse_shape(text, letters="S,E,P,H", example="128,128,64,8"):
    parts = text.split(",")
    count = len(letters.split(","))
    if len(parts) != count or not all(part.strip().isdigit() for part in parts):
        words = {3: "three", 4: "four"}
        raise WorkloadError(f"--shape {text}; expected {words[count]} numbers {letters}, such as "
                            f"{example}")
    return tuple(int(part) for part in parts)


def workload_of(options, from_npz, multiple, flavour):
    if options.npz:
        return from_npz(options.npz)
    if options.shape is None:
        raise WorkloadError("give --npz FILE, or --shape S,E,P,H with --seed N")
    shape = parse_shape(options.shape)
    check_shape(shape, multiple)
    return random_workload(shape, options.seed, flavour, getattr(options, "same_inputs", False))


def parse_command_line(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("mhsa", "image for sw/mhsa"),
                       ("operand-block", "image for sw/operand_block")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--npz", help="operands and constants, keys as in the golden files")
        command.add_argument("--shape", help="S,E,P,H in elements, for random operands")
        command.add_argument("--seed", type=int, default=0, help="of the random operands")
        command.add_argument("-o", "--output", required=True)
    mhsa = commands.choices["mhsa"]
    mhsa.add_argument("--flavour", default="rtl", choices=("rtl", "rtl_2024_08"),
                      help="of the arithmetic, for random operands")
    mhsa.add_argument("--same-inputs", action="store_true", help="random queries are the keys")
    mhsa.add_argument("--cores-only", action="store_true", help="leave the ITAs alone")
    workload_command.add_check(commands)
    command = commands.add_parser("arguments", help="parameters of a program")
    command.add_argument("--harts", type=int, default=0, help="that work; 0: all")
    command.add_argument("--repetitions", type=int, default=0, help="0: the program's default")
    command.add_argument("--size", type=int, default=0, help="0: the program's default")
    command.add_argument("--shape", help="m,n,k of a matrix product, in elements")
    command.add_argument("--variant", type=int, default=0, help="of the program's own")
    command.add_argument("-o", "--output", required=True)
    return parser.parse_args(arguments)


def make(options):
    """Does what the command line asks for. Returns an exit code."""
    if options.command == "check":
        return check(options.image, options.dump)
    if options.command == "arguments":
        pathlib.Path(options.output).write_bytes(arguments_page(options))
    elif options.command == "mhsa":
        work = workload_of(options, mhsa_from_npz, TILE, options.flavour)
        write_image(options.output, Mhsa.build(work, options.cores_only))
    else:
        work = workload_of(options, blocks_from_npz, 16, "mempool")
        write_image(options.output, OperandBlocks.build(work))
    return 0


def main(arguments):
    """Returns 0; 1 when a check fails; 2 for input that cannot be used."""
    options = parse_command_line(arguments)
    return workload_command.run("make_workload.py", WorkloadError, lambda: make(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
