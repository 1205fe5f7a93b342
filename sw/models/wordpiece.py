# SPDX-License-Identifier: Apache-2.0
"""Word pieces: a vocabulary learned by merging frequent pairs, applied by longest match."""
import collections
import re

import numpy as np

PAD, UNKNOWN, SEPARATOR = 0, 1, 2
SPECIAL = ("[PAD]", "[UNK]", "[SEP]")
CONTINUED = "##"
WORD = re.compile(r"[a-z0-9]+[+#]*")
MINIMUM_COUNT = 2


def words_of(text):
    """The words of a text in lower case; punctuation is dropped except in names such as c++."""
    return WORD.findall(text.lower())


def _pieces(word):
    return [word[0]] + [CONTINUED + letter for letter in word[1:]]


def _merged(pieces, pair):
    """`pieces` with every occurrence of `pair` replaced by its concatenation."""
    result = []
    index = 0
    while index < len(pieces):
        if tuple(pieces[index:index + 2]) == pair:
            result.append(pair[0] + pair[1][len(CONTINUED):])
            index += 2
        else:
            result.append(pieces[index])
            index += 1
    return result


def train(texts, size):
    """Learns a vocabulary of `size` pieces, the special ones first. Returns: list of strings."""
    counts = collections.Counter(word for text in texts for word in words_of(text))
    words = [(_pieces(word), count) for word, count in sorted(counts.items())
             if count >= MINIMUM_COUNT]
    pairs = collections.Counter()
    places = collections.defaultdict(set)
    for number, (pieces, count) in enumerate(words):
        for pair in zip(pieces, pieces[1:]):
            pairs[pair] += count
            places[pair].add(number)
    vocabulary = list(SPECIAL) + sorted({piece for pieces, _ in words for piece in pieces})
    known = set(vocabulary)
    while len(vocabulary) < size:
        best = max(pairs.items(), key=lambda item: (item[1], item[0]))[0]
        piece = best[0] + best[1][len(CONTINUED):]
        if piece not in known:
            known.add(piece)
            vocabulary.append(piece)
        for number in places.pop(best):
            pieces, count = words[number]
            for pair in zip(pieces, pieces[1:]):
                pairs[pair] -= count
            pieces = _merged(pieces, best)
            for pair in zip(pieces, pieces[1:]):
                pairs[pair] += count
                places[pair].add(number)
            words[number] = (pieces, count)
        del pairs[best]
    return vocabulary


class Encoder:
    """Turns texts into token numbers of one vocabulary."""

    def __init__(self, vocabulary):
        self.number_of = {piece: number for number, piece in enumerate(vocabulary)}
        self.known = {}

    def _word(self, word):
        numbers = []
        start = 0
        while start < len(word):
            prefix = CONTINUED if start else ""
            for end in range(len(word), start, -1):
                number = self.number_of.get(prefix + word[start:end])
                if number is not None:
                    break
            else:
                return [UNKNOWN]
            numbers.append(number)
            start = end
        return numbers

    def tokens(self, text):
        """Token numbers of a text; a separator stands after its first line."""
        numbers = []
        for place, line in enumerate(text.split("\n", 1)):
            if place:
                numbers.append(SEPARATOR)
            for word in words_of(line):
                if word not in self.known:
                    self.known[word] = self._word(word)
                numbers += self.known[word]
        return numbers

    def batch(self, texts, length):
        """uint16 [texts][length], cut or filled up with PAD."""
        result = np.full((len(texts), length), PAD, np.uint16)
        for row, text in zip(result, texts):
            numbers = self.tokens(text)[:length]
            row[:len(numbers)] = numbers
        return result
