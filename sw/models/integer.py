# SPDX-License-Identifier: Apache-2.0
"""Scores and accuracies of integer models, computed in numpy."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from deploy import ops, reference  # pylint: disable=wrong-import-position

IGNORED = -1
LOWEST_LOGIT = -128


def fraction_right(scores, answers):
    """Share of answers that the highest score hits; IGNORED ones do not count.

    Args: scores [...][classes]; answers [...].
    """
    asked = answers != IGNORED
    return float((np.argmax(scores, axis=-1)[asked] == answers[asked]).mean())


def scores(graph, tokens, replaced=None):
    """What a model answers to sequences of tokens.

    Args:
        graph: Graph with one input of shape [S] and one output.
        tokens: uint16 [N][S].
        replaced: as in reference.run().
    Returns: int32 [N] followed by the output's shape.
    """
    name, output = graph.inputs[0], graph.outputs[0]
    return np.stack([reference.run(graph, {name: row}, replaced=replaced)[output]
                     for row in tokens])


def accuracy_of(answered, answers):
    """Accuracy of scores() against answers [N] or [N][S]."""
    return fraction_right(answered.reshape(answers.shape + answered.shape[-1:]), answers)


def accuracy(graph, tokens, answers, replaced=None):
    """Accuracy of a model; arguments as for scores() and accuracy_of()."""
    return accuracy_of(scores(graph, tokens, replaced), answers)


def window_attention(window):
    """The operator Attention when a query sees only the nearest `window` keys.

    What it cannot see gets the lowest logit, to which ITA's softmax gives probability 0 unless
    all logits are within 8 of it.
    """
    def attention(q, k, v, heads, qk, av):
        place = np.arange(len(q))
        far = np.abs(place[:, None] - place[None, :]) > window // 2
        width = q.shape[1] // heads
        parts = []
        for head in range(heads):
            columns = slice(head * width, (head + 1) * width)
            logits = ops.gemm(q[:, columns], k[:, columns], None, reference.requant_of(qk))
            weights = ops.softmax(np.where(far, LOWEST_LOGIT, logits))
            parts.append(ops.gemm(weights, v[:, columns].T, None, reference.requant_of(av)))
        return np.concatenate(parts, axis=1)

    return attention
