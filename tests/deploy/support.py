# SPDX-License-Identifier: Apache-2.0
"""Paths of the deployment tests; importing this makes the package `deploy` importable."""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESSERA = os.environ.get("TESSERA")  # default: that of the release build
GOLDEN = pathlib.Path(os.environ.get("GOLDEN", ROOT.parent / "shared/golden/onnx"))

sys.path.insert(0, str(ROOT / "sw"))
