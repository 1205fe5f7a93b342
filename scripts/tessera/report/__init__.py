# SPDX-License-Identifier: Apache-2.0
"""Runs, sweeps and timelines as one HTML page without network: scripts/tessera/report/README.md.

sources reads what a simulation left behind; harts, network, roofline, accelerators, timeline, bus,
comparison and sweeps make Plots of it, which are tidy tables with a way to draw them; evidence says
what each number rests on; html puts it all into one file, where page/*.js draws and filters.
"""
