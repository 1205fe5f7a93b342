# SPDX-License-Identifier: Apache-2.0
"""Preparation of the training data."""
import pathlib
import tempfile
import unittest

import numpy as np

import support  # noqa: F401  (makes the modules importable)
import packages
import recall
import wordpiece

PACKAGES = """Package: tool
Section: utils
Description: short
Description-md5: 11

Package: tool-doc
Source: tool (1.0)
Section: doc
Description-md5: 22

Package: copy
Source: other
Section: utils
Description-md5: 11
"""
TRANSLATIONS = """Package: tool
Description-md5: 11
Description-en: does things
 Many of them.
 .
 Quickly.

Package: tool-doc
Description-md5: 22
Description-en: manual of tool
"""


def entries():
    return packages.join(packages.stanzas(PACKAGES.splitlines(True)),
                         packages.stanzas(TRANSLATIONS.splitlines(True)))


class PackageIndex(unittest.TestCase):
    def test_packages_get_their_long_description_and_equal_ones_count_once(self):
        self.assertEqual(entries(), [
            ("tool", "utils", "does things\nMany of them.\n.\nQuickly."),
            ("tool", "doc", "manual of tool")])

    def test_sections_with_few_texts_are_left_out(self):
        many = [(f"source{number}", "utils", f"text {number}") for number in range(50)]
        sections, training, held_out = packages.select(many + [("s", "doc", "rare")], minimum=2)
        self.assertEqual(sections, ["utils"])
        self.assertEqual(len(training) + len(held_out), 50)
        self.assertTrue(held_out)

    def test_packages_of_one_source_stay_together(self):
        many = [(f"source{number % 40}", "utils", f"text {number}") for number in range(400)]
        _, training, held_out = packages.select(many, minimum=1)
        self.assertFalse({example.source for example in training}
                         & {example.source for example in held_out})

    def test_an_index_of_another_day_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            lists = pathlib.Path(folder, "lists")
            lists.mkdir()
            with self.assertRaisesRegex(packages.DataError, "0 files"):
                packages.index_files(folder)
            for name in packages.INDEX_SHA256:
                (lists / f"mirror_dists_{packages.SUITE}_{name}").write_text("Package: tool\n")
            with self.assertRaisesRegex(packages.DataError, "SHA-256 .* allowed: "):
                packages.index_files(folder)


class WordPieces(unittest.TestCase):
    TEXTS = ["the library of the liberal librarian", "the library, again: C++ library"] * 2

    def test_vocabulary_has_the_size_asked_for_and_no_piece_twice(self):
        vocabulary = wordpiece.train(self.TEXTS, 30)
        self.assertEqual(len(vocabulary), 30)
        self.assertEqual(len(set(vocabulary)), 30)
        self.assertIn("library", vocabulary)

    def test_pieces_put_together_give_the_words_again(self):
        vocabulary = wordpiece.train(self.TEXTS, 30)
        tokens = wordpiece.Encoder(vocabulary).tokens("the liberal library")
        text = " ".join(vocabulary[token] for token in tokens)
        self.assertEqual(text.replace(" " + wordpiece.CONTINUED, ""), "the liberal library")

    def test_unknown_letters_give_the_unknown_token(self):
        encoder = wordpiece.Encoder(wordpiece.train(self.TEXTS, 30))
        self.assertEqual(encoder.tokens("zzz"), [wordpiece.UNKNOWN])

    def test_batches_are_cut_and_filled_up(self):
        encoder = wordpiece.Encoder(wordpiece.train(self.TEXTS, 30))
        batch = encoder.batch(["library", "library\n" + "library " * 9], 4)
        library = encoder.tokens("library")[0]
        self.assertEqual(batch.tolist(), [
            [library, 0, 0, 0], [library, wordpiece.SEPARATOR, library, library]])


class Recall(unittest.TestCase):
    def test_every_query_is_answered_by_its_definition(self):
        tokens, answers = recall.generate(20, 128, np.random.default_rng(3))
        for row, answer in zip(tokens.astype(int), answers):
            known = {token // recall.VALUES: token % recall.VALUES
                     for token in row if token < recall.FIRST_QUERY}
            asked = answer != recall.NO_ANSWER
            self.assertEqual(asked.sum(), recall.KEYS)
            for token, value in zip(row[asked], answer[asked]):
                self.assertEqual(known[token - recall.FIRST_QUERY], value)

    def test_a_seed_gives_the_same_sequences(self):
        first, again = (recall.generate(2, 64, np.random.default_rng(7)) for _ in range(2))
        self.assertTrue(np.array_equal(first[0], again[0]))
        self.assertTrue(np.array_equal(first[1], again[1]))


if __name__ == "__main__":
    unittest.main()
