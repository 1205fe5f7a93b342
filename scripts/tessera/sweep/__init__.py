# SPDX-License-Identifier: Apache-2.0
"""Sweeps: a YAML file describes a space of runs, Snakemake runs it, a CSV file has a row per run.

space: the YAML file, checked; points: what there is to run; worker: runs points, within Snakemake;
engine: starts Snakemake and tells how far it is; table: the CSV file; command: `scripts/sweep`.
"""
