# SPDX-License-Identifier: Apache-2.0
"""Runs of the simulator from Python: start them, read what they and older ones left, compare.

    import tessera
    result = tessera.Run("minpool", "matmul_i32").set({"soc.timing": "cycle"}).execute()
    result.cycles, result.value("max region[1].soc.cluster.group[*].tile[*].core[*].cycles")

How to: scripts/tessera/README.md. Only Python's own library is imported until a table is wanted.
"""
from .result import Result, StatisticError, data_frame, load, load_all
from .run import Run, RunError, Simulation, Traffic

__all__ = ["Result", "Run", "RunError", "Simulation", "StatisticError", "Traffic", "data_frame",
           "load", "load_all"]
