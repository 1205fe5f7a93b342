#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Golden files of ITA and the numpy reference.

  cases.py make DIR       writes small .npz files of every flavour, computed by the reference
  cases.py check FILE...  recomputes every result in the files by the reference and compares

Exit code: 0 all bytes as expected, 1 some differ.
"""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
from tessera_ref import ita  # noqa: E402  (the path above makes it importable)

HEAD_KEYS = ("Q", "K", "Wq", "Wk", "Wv", "Wo", "Bq", "Bk", "Bv", "Bo")
HEAD_RESULTS = ("Qp", "Kp", "Vp", "A", "Psoft", "O", "Out")
MEMPOOL_RESULTS = dict(zip(HEAD_RESULTS, ("Qp", "Kp", "Vp", "A", "P", "O", "Out")))


def requants(arrays, prefix, column):
    """The Requant tuples of column `column` of <prefix>_mult, _shift, _add [rows][columns]."""
    return [ita.Requant(*(int(arrays[f"{prefix}_{part}"][row, column])
                          for part in ("mult", "shift", "add")))
            for row in range(arrays[f"{prefix}_mult"].shape[0])]


def rtl_results(arrays):
    """All results of a file of the flavours rtl and rtl_2024_08 from its inputs.

    Args: arrays: mapping of a file's arrays. Returns: dict, shapes as in the files.
    """
    flavour = ita.FLAVOURS[str(arrays["flavour"])]
    num_heads = arrays["Wq"].shape[0]
    heads = []
    for h in range(num_heads):
        operands = {key: arrays[key] if key in "QK" else arrays[key][h] for key in HEAD_KEYS}
        heads.append(ita.head(operands, requants(arrays, "rq", h)[:6], flavour))
    results = {key: np.stack([head[key] for head in heads]) for key in HEAD_RESULTS}
    summed = ita.sum_heads(results["Out"], requants(arrays, "rq", 0)[6], flavour)
    results["OutSum"] = summed[None]
    _, b, c, mult, shift, add = (int(value) for value in arrays["gelu"])
    constants = (ita.Gelu(b, c), ita.Requant(mult, shift, add))
    operands = {key: arrays[key] if key == "FF" else arrays[key][0]
                for key in ("FF", "Wff", "Wff2", "Bff", "Bff2")}
    pair = ita.feed_forward(operands, requants(arrays, "rqf", 0), str(arrays["act"]), *constants,
                            flavour)
    results.update({key: value[None] for key, value in pair.items()})
    every_value = np.arange(-128, 128).astype(np.int8)
    for kind in ("relu", "gelu"):
        results[f"act_{kind}"] = ita.activation(every_value, kind, *constants, flavour)
    return results


def mempool_results(arrays):
    """All results of a file of the flavour mempool from its memory images."""
    flavour = ita.FLAVOURS["mempool"]
    s, e, p = (int(arrays[key]) for key in "SEP")
    shared = ita.unpack_operand_block(arrays["img0"], s, e, p)
    results = {}
    for h in range(int(arrays["H"])):
        operands = ita.unpack_operand_block(arrays[f"img{h}"], s, e, p)
        operands.update(Q=shared["Q"], K=shared["K"])
        constants = [ita.Requant(*values) for values in
                     zip(arrays[f"mult{h}"], arrays[f"shift{h}"], arrays[f"add{h}"])]
        head = ita.head(operands, constants, flavour)
        results.update({f"{MEMPOOL_RESULTS[key]}{h}": head[key] for key in HEAD_RESULTS})
    return results


def results_of(arrays):
    """All results of a file from its inputs."""
    return (mempool_results if str(arrays["flavour"]) == "mempool" else rtl_results)(arrays)


class Generator:
    """Random operands whose results spread over int8."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def int8(self, *shape):
        """int8 of the given shape, all values equally likely."""
        return self.rng.integers(-128, 128, shape).astype(np.int8)

    def bias(self, *shape):
        """int32 of the given shape in the middle of 24 bits."""
        return self.rng.integers(-(1 << 15), 1 << 15, shape).astype(np.int32)

    def requants(self, spreads):
        """Arrays mult, shift, add [phases][1] for sums of the given standard deviations."""
        mult = self.rng.integers(32, 256, len(spreads))
        shift = np.round(np.log2(np.array(spreads) * mult / 50)).astype(int)
        add = self.rng.integers(-20, 21, len(spreads))
        return mult[:, None], shift[:, None], add[:, None]


def spread(depth):
    """Standard deviation of a sum of `depth` products of random int8 values."""
    return 74 * 74 * np.sqrt(depth)


def make_rtl(flavour, act, s, e, p, f, h, seed):
    """Arrays of a random file of the flavours rtl and rtl_2024_08."""
    random = Generator(seed)
    arrays = {"Q": random.int8(s, e), "K": random.int8(s, e), "FF": random.int8(s, e),
              "Wff": random.int8(1, e, f), "Wff2": random.int8(1, f, e),
              "Bff": random.bias(1, f), "Bff2": random.bias(1, e)}
    for name, shape in (("q", (e, p)), ("k", (e, p)), ("v", (e, p)), ("o", (p, e))):
        arrays[f"W{name}"] = random.int8(h, *shape)
        arrays[f"B{name}"] = random.bias(h, shape[1])
    # Probabilities of a row add up to 255 at most, so AV is about 255 weighted values.
    spreads = [spread(e), spread(e), spread(e), spread(p), 255 * 30, spread(p)]
    tables = [random.requants(spreads) for _ in range(h)]
    last = (np.full((1, h), 128), np.full((1, h), 7 + h // 2), np.zeros((1, h)))
    ffn = random.requants([spread(e), spread(f)])
    for i, (part, kind) in enumerate((("mult", np.uint8), ("shift", np.uint8), ("add", np.int8))):
        heads = np.concatenate([table[i] for table in tables], axis=1)
        arrays[f"rq_{part}"] = np.concatenate([heads, last[i]]).astype(kind)
        arrays[f"rqf_{part}"] = ffn[i].astype(kind)
    arrays["gelu"] = np.array([-7091, -80, -7091, 74, 20, 3], np.int32)
    arrays["act_in"] = np.arange(-128, 128).astype(np.int8)
    arrays.update(flavour=np.array(flavour), act=np.array(act))
    return arrays


def make_mempool(s, e, p, h, seed):
    """Arrays of a random file of the flavour mempool."""
    random = Generator(seed)
    arrays = {key: np.array(value) for key, value in zip("SEPH", (s, e, p, h))}
    arrays.update(flavour=np.array("mempool"), act=np.array("none"))
    queries, keys = random.int8(s, e), random.int8(s, e)
    for i in range(h):
        operands = {"Q": queries, "K": keys}
        for name, shape in (("q", (e, p)), ("k", (e, p)), ("v", (e, p)), ("o", (p, e))):
            operands[f"W{name}"] = random.int8(*shape)
            operands[f"B{name}"] = random.bias(shape[1])
        spreads = [spread(e), spread(e), spread(p), spread(e), 127 * 30, spread(p), 1e4, 1e4]
        mult, shift, add = random.requants(spreads)
        # Queries and keys off zero need an add beyond int8 for the logits, as in real programs.
        add[0], add[1] = 60, 60
        add[2] = -(p * 60 * 60 * int(mult[2, 0]) >> int(shift[2, 0]))
        arrays[f"img{i}"] = ita.pack_operand_block(operands)
        arrays[f"mult{i}"] = mult[:, 0].astype(np.uint8)
        arrays[f"shift{i}"] = shift[:, 0].astype(np.uint8)
        arrays[f"add{i}"] = add[:, 0].astype(np.int32)
    return arrays


def make(folder):
    """Writes the files. Returns the exit code."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    cases = {
        "rtl_gelu": make_rtl("rtl", "gelu", 64, 128, 64, 128, 2, 1),
        "rtl_relu": make_rtl("rtl", "relu", 128, 64, 128, 64, 1, 2),
        "rtl_identity": make_rtl("rtl", "identity", 192, 64, 64, 64, 1, 3),
        "rtl_2024_08": make_rtl("rtl_2024_08", "identity", 128, 128, 64, 64, 1, 4),
        "mempool_16": make_mempool(16, 16, 16, 1, 5),
        "mempool_4_heads": make_mempool(48, 80, 32, 4, 6),
    }
    for name, arrays in cases.items():
        results = results_of(arrays)
        if "P0" in results:  # the files hold MemPool's probabilities, 0..127, as int8
            results.update({key: value.astype(np.int8) for key, value in results.items()
                            if key.startswith("P")})
        np.savez_compressed(folder / f"{name}.npz", **arrays, **results)
    return 0


def check(paths):
    """Compares the reference with files. Returns the exit code."""
    total = 0
    for path in paths:
        with np.load(path, allow_pickle=False) as arrays:
            differing = sum(int(np.count_nonzero(value != arrays[key]))
                            for key, value in results_of(arrays).items() if key in arrays.files)
        print(f"{path}: {differing} differing bytes")
        total += differing
    return 1 if total else 0


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("make", "check"):
        sys.exit(__doc__)
    sys.exit(make(sys.argv[2]) if sys.argv[1] == "make" else check(sys.argv[2:]))
