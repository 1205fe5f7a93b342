# SPDX-License-Identifier: Apache-2.0
"""Importing this makes the scripts of sw/models importable."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

sys.path.insert(0, str(ROOT / "sw" / "models"))
