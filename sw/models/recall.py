# SPDX-License-Identifier: Apache-2.0
"""Task "recall": associative recall over 512 tokens, made from a seed.

A sequence holds one definition (key, value) of each key and one query of each key at random
places, and noise everywhere else. Wherever a query stands the answer is the value that its key
was given in this sequence: it can only be known by looking at the definition, however far away.
"""
import numpy as np

KEYS = 32
VALUES = 16
NOISES = 32
FIRST_QUERY = KEYS * VALUES
FIRST_NOISE = FIRST_QUERY + KEYS
VOCABULARY = FIRST_NOISE + NOISES
NO_ANSWER = -1


def generate(count, length, random):
    """Sequences with their answers.

    Args:
        count: number of sequences.
        length: tokens of a sequence, at least 2 * KEYS.
        random: numpy Generator.
    Returns: (tokens uint16 [count][length], answers int8 [count][length]: the value where a
        query stands, else NO_ANSWER).
    """
    values = random.integers(0, VALUES, (count, KEYS))
    tokens = random.integers(FIRST_NOISE, VOCABULARY, (count, length)).astype(np.uint16)
    answers = np.full((count, length), NO_ANSWER, np.int8)
    places = np.argsort(random.random((count, length)), axis=1)
    rows = np.arange(count)[:, None]
    definitions, queries = places[:, :KEYS], places[:, KEYS:2 * KEYS]
    tokens[rows, definitions] = np.arange(KEYS) * VALUES + values
    tokens[rows, queries] = FIRST_QUERY + np.arange(KEYS)
    answers[rows, queries] = values
    return tokens, answers
