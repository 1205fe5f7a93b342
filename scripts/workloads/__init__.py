# SPDX-License-Identifier: Apache-2.0
"""Images that guest programs read from L2: their layouts, random operands, expected results."""
