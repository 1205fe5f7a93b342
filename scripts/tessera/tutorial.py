#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A tutorial of the Python API: from one run to the machine to take. Some seconds once built.

    scripts/tessera/tutorial.py [FOLDER]        default out/tutorial

Read it from top to bottom, and change it: every step prints what it found.
"""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import tessera  # noqa: E402  pylint: disable=wrong-import-position
from tessera import choose  # noqa: E402  pylint: disable=wrong-import-position

out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "out/tutorial")

# 1. A run: a machine of configs/ and a program of the build. Nothing happens before execute().
product = tessera.Run("minpool", "matmul_i8").set({"soc.timing": "cycle"})
result = product.execute(out / "first")
print(f"1. {result.cycles} cycles; the guest said: {result.stdout.strip().splitlines()[-1]}")

# 2. Figures by name: of the run, of a region that the guest marks, of all harts together.
CORES = "soc.cluster.group[*].tile[*].core[*]"
inside = result.value("region[1].cycles")
stalled = result.value(f"sum region[1].{CORES}.stalled.operand_cycles")
print(f"2. the product alone takes {inside} cycles; harts wait for operands in "
      f"{stalled / (inside * result.value(f'count {CORES}.cycles')):.0%} of them")

# 3. Variations: set() returns another description, so that one serves for many runs.
results = [product.set({"soc.cluster.interconnect.topology": topology,
                        "soc.cluster.banks_per_tile": banks,
                        "soc.cluster.bank_bytes": 16384 // banks}).execute(
                            out / f"{topology}-{banks}")
           for topology in ("top1", "toph") for banks in (8, 16)]

# 4. A table: one row per run, with the settings in which they differ; figures and estimates beside.
FIGURES = {"product": "region[1].cycles", "wires": "estimate.l1_wires"}
table = tessera.data_frame(results, FIGURES)
print("4.", table.drop(columns="folder").to_string(index=False).replace("\n", "\n   "))

# 5. Mistakes are exceptions with the command's words, its exit code, and what is left.
try:
    product.set({"soc.cluster.banks_per_tile": 12}).execute()
except tessera.RunError as error:
    print(f"5. exit code {error.exit_code}: {error}")

# 6. Old runs are read from their folders: no need to simulate twice.
again = {each.folder.name: each for each in tessera.load_all(out)}
assert again["toph-16"].cycles == results[-1].cycles

# 7. What to take: the Pareto front of any columns. Many points and kills: scripts/sweep.
costs = [(each.value("region[1].cycles"), each.value("estimate.l1_wires")) for each in results]
for place in choose.front(costs):
    print(f"7. worth a look: {results[place].folder.name}, {costs[place][0]} cycles, "
          f"{costs[place][1]:g} sides of wires")
