# SPDX-License-Identifier: Apache-2.0
"""Timelines of `tessera run --timeline` as pages: page.py."""
