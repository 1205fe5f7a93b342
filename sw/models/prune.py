#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prunes whole blocks of the trained classifier's weights; writes data/classifier_<variant>.npz.

Blocks of all the encoder layer's matrices compete: those with the smallest root mean square,
relative to their matrix's, go first. Then everything but the embedding is trained on for a while:
in floating point, and then with the integer operators' rounding, because a head that lost its
queries or keys attends to all tokens alike, which ITA's softmax cannot express. From there the next
larger part is pruned.
"""
import argparse
import pathlib
import sys

import numpy as np
import torch

import integer
import network as net
import quantise
import store
import train_classifier
import training

SEED = 5
PERCENTS = (20, 40, 60, 80, 90)
MATRICES = ("query", "key", "value", "output", "up", "down")
STAGES = {64: ((((160, 64),), 0.5, 5e-3), (((160, 64), (128, 128)), 0.08, 1e-3)),
          16: ((((160, 64),), 0.16, 2e-3), (((160, 64), (128, 128)), 0.08, 5e-4))}
"""Edge of blocks -> stages as in train_classifier.py, in floating point and rounded: 383 or 122 and
61 batches for each variant. What large blocks take away takes longer to learn again."""
MEASURED_LENGTH = 128


def pruned_matrices(network):
    """The Dense modules that are pruned."""
    return [getattr(layer, name) for layer in network.layers for name in MATRICES]


def block_scores(matrix, block):
    """Root mean square of each block relative to that of the matrix's weights that are left.

    Returns: [rows/block][columns/block], 0 where nothing is left.
    """
    rows, columns = matrix.shape
    squares = matrix**2
    blocks = squares.reshape(rows // block, block, columns // block, block).mean(axis=(1, 3))
    left = squares[squares > 0]
    return np.sqrt(blocks / left.mean()) if left.size else blocks


def block_masks(matrices, block, percent):
    """Masks (1 = kept) of matrices [rows][columns] without the weakest `percent` of all blocks."""
    scores = [block_scores(matrix, block) for matrix in matrices]
    everything = np.sort(np.concatenate([score.ravel() for score in scores]))
    count = round(len(everything) * percent / 100)
    limit = everything[count - 1] if count else -1.0
    return [np.kron(score > limit, np.ones((block, block))).astype(np.float32)
            for score in scores]


def set_masks(network, block, percent):
    """Prunes the network's matrices."""
    matrices = pruned_matrices(network)
    weights = [(dense.weight * dense.mask).detach().numpy() for dense in matrices]
    for dense, mask in zip(matrices, block_masks(weights, block, percent)):
        dense.mask.copy_(torch.from_numpy(mask))
        dense.block = block


def refine(network, stages, random, data, targets):
    """Fine-tunes and calibrates a pruned network; the embedding stays as it is."""
    for part in (network.table, network.norm):
        part.requires_grad_(False)
    network.position.requires_grad_(False)
    network.set_mode(net.FLOAT)
    train_classifier.run_stage(network, random, data, targets, stages[0])
    train_classifier.calibrate(network, data)
    network.set_mode(net.INTEGER)
    train_classifier.run_stage(network, training.prepare(SEED + 1), data, targets, stages[1])


def measure(network, variant, directory):
    """{"float": accuracy, "integer": accuracy} on the test set; the latter of its file."""
    tokens, answers = store.test_set("classifier", MEASURED_LENGTH, directory)
    network.set_mode(net.FLOAT)
    graph = store.model("classifier", MEASURED_LENGTH, variant, directory)
    return {"float": training.torch_accuracy(network, tokens, answers),
            "integer": integer.accuracy(graph, tokens, answers)}


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--directory", type=pathlib.Path, default="/tmp/tessera_models",
                        help="has the package index and train_classifier.py's float weights")
    parser.add_argument("--output", type=pathlib.Path, default=store.DATA, help="directory")
    arguments = parser.parse_args()
    data = train_classifier.Data(arguments.directory)
    targets = np.load(arguments.directory / train_classifier.TARGETS)
    weights = torch.load(train_classifier.weights_file(arguments.directory))
    figures = {}
    for block, stages in STAGES.items():
        network = net.Network(train_classifier.shape_for(len(data.classes)),
                              dropout=train_classifier.DROPOUT)
        network.load_state_dict(weights)
        for percent in PERCENTS:
            random = training.prepare(SEED)
            set_masks(network, block, percent)
            refine(network, stages, random, data, targets)
            variant = f"pruned_{block}x{block}_{percent}"
            graph = quantise.export("classifier", network, max(train_classifier.LENGTHS))
            store.save_variant("classifier", variant, graph, arguments.output)
            figures[variant] = measure(network, variant, arguments.output)
            print(variant, figures[variant], flush=True)
    store.record("pruned", figures, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
