# SPDX-License-Identifier: Apache-2.0
"""From a quantised model to a workload image for the firmware `encoder`."""
import pathlib
import sys

# ITA's arithmetic (tessera_ref) is shared with the scripts.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
