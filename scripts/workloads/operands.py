# SPDX-License-Identifier: Apache-2.0
"""Operands of multi-head self-attention: random ones, those of .npz files, expected results.

A workload is a dictionary with S, E, P, H, flavour (name), Q, K int8 [S][E], Wq, Wk, Wv int8
[H][E][P], Wo int8 [H][P][E], Bq, Bk, Bv int32 [H][P], Bo int32 [H][E], requants [H][6] of
ita.Requant in the flavour's order, and for mhsa sum_requant (ita.Requant).
"""
import zipfile

import numpy as np

from tessera_ref import ita

from .image import WorkloadError

PHASES = ("Q", "K", "V", "QK", "AV", "OW")
WEIGHTS = ("Wq", "Wk", "Wv", "Wo")
BIASES = ("Bq", "Bk", "Bv", "Bo")


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


def read_header(image, layout, fields):
    """The header of an image as a dictionary, and of the workload what it says: S, E, P, H."""
    header = dict(zip(fields, layout.unpack_from(image)))
    if len(image) < header["bytes"]:
        raise WorkloadError(f"image of {len(image)} bytes; its header says {header['bytes']}")
    return header, {name: header[name.lower()] for name in "SEPH"}
