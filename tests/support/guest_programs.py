# SPDX-License-Identifier: Apache-2.0
"""Which machine a program of sw/ is for, and what it reads: for tests that run all of them."""

import pathlib
import subprocess

# The others run on minpool.
MACHINES = {"mhsa": "tessera", "sparse_mhsa": "tessera", "encoder": "tessera",
            "attention_engine": "tessera", "engine_chains": "tessera", "engine_errors": "tessera",
            "engine_operators": "tessera", "batch_mhsa": "tessera", "ita_jobs": "tessera",
            "operand_block": "mempool_ita"}
WORKLOAD_ADDRESS = "0x80100000"
WORKLOADS = {
    "mhsa": ("make_workload.py", "mhsa", "--shape", "64,64,64,4", "--seed", "1"),
    "operand_block": ("make_workload.py", "operand-block", "--shape", "64,64,64,2", "--seed", "1"),
    "sparse_mhsa": ("make_attention_workload.py", "sparse", "--shape", "128,64,2", "--pattern",
                    "causal", "--dense-heads", "2")}


def machine_of(program):
    """Name of its configuration in configs/."""
    return MACHINES.get(program, "minpool")


def load_workload(program, scripts, folder):
    """Makes what `program` reads, if anything, in `folder`; returns the options of tessera run."""
    if program not in WORKLOADS:
        return []
    script, *arguments = WORKLOADS[program]
    image = pathlib.Path(folder) / "work.img"
    subprocess.run([pathlib.Path(scripts) / script, *arguments, "-o", image], check=True,
                   stdout=subprocess.DEVNULL)
    return ["--load", f"{WORKLOAD_ADDRESS}:{image}"]
