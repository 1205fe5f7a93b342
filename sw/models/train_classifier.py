#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains and quantises the classifier of package descriptions; writes data/classifier*."""
import argparse
import pathlib
import sys

import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

import integer
import network as net
import packages
import quantise
import store
import training
import wordpiece

SEED = 1
VOCABULARY = 3072
LENGTHS = store.LENGTHS["classifier"]
BATCH = 64
STAGES = ((((160, 64),), 6, 4e-3), (((128, 128), (256, 256)), 0.5, 1e-3),
          (((128, 128), (256, 256)), 1, 1e-3))
"""(pairs that alternate, epochs, rate): of the first tokens, so many are drawn (thin())."""
HIDDEN = 0.1  # share of tokens replaced by UNKNOWN while training
DROPOUT = 0.1
BASELINE_ROUNDS, TEACHER_ROUNDS = 300, 60  # of the solver, at most
FOLDS = 3
TARGETS = "classifier_targets.npy"
TEACHING = 0.5  # weight of the teacher's opinion in the targets
OBSERVED = 64
TESTS = 1000


def shape_for(classes):
    """Sizes of the encoder."""
    return net.Shape(vocabulary=VOCABULARY, width=64, heads=2, projection=64, feed_forward=384,
                     layers=1, sequence=max(LENGTHS), classes=classes, is_pooled=True)


class Data:
    """Tokenised examples. tokens uint16 [N][longest], answers int64 [N], of both halves."""

    def __init__(self, directory):
        self.classes, training_set, held_out = packages.load(directory)
        self.sources = [example.source for example in training_set]
        self.texts = [example.text for example in training_set]
        self.test_texts = [example.text for example in held_out]
        self.vocabulary = wordpiece.train(self.texts, VOCABULARY)
        encoder = wordpiece.Encoder(self.vocabulary)
        self.tokens = encoder.batch(self.texts, max(LENGTHS))
        self.test_tokens = encoder.batch(self.test_texts, max(LENGTHS))
        self.answers = np.array([example.label for example in training_set])
        self.test_answers = np.array([example.label for example in held_out])


def bag_of_words(name, rounds):
    """A logistic regression on bags of words: counts, or tf-idf weights.

    C is the best of 0.1, 0.5 for counts, of 3, 10 for tf-idf, on the held-out texts.
    """
    if name == "counts":
        return make_pipeline(CountVectorizer(min_df=2), LogisticRegression(C=0.1, max_iter=rounds))
    return make_pipeline(TfidfVectorizer(min_df=2, sublinear_tf=True),
                         LogisticRegression(C=3.0, max_iter=rounds))


def baseline(data):
    """Accuracies of bag_of_words() on all held-out texts and on the committed ones."""
    result = {}
    for name in ("counts", "tfidf"):
        model = bag_of_words(name, BASELINE_ROUNDS).fit(data.texts, data.answers)
        right = model.predict(data.test_texts) == data.test_answers
        result[f"bag_of_words_{name}"] = float(right.mean())
        result[f"bag_of_words_{name}_test_set"] = float(right[:TESTS].mean())
        print(f"bag of words, {name}: {right.mean():.4f}", flush=True)
    return result


def teach(data):
    """Targets float32 [N][classes]: the true class mixed with what a teacher thinks.

    The teacher is the tf-idf baseline, fitted to the other folds of the training texts; all texts
    of a source are in one fold.
    """
    opinion = cross_val_predict(bag_of_words("tfidf", TEACHER_ROUNDS), data.texts, data.answers,
                                groups=data.sources, cv=GroupKFold(FOLDS), method="predict_proba")
    truth = np.eye(len(data.classes))[data.answers]
    return (TEACHING * opinion + (1 - TEACHING) * truth).astype(np.float32)


def thin(random, tokens, length):
    """Keeps `length` tokens of each row [B][.], drawn at random, in their order."""
    rank = random.random(tokens.shape) + (tokens == wordpiece.PAD)
    kept = np.sort(np.argpartition(rank, length - 1, axis=1)[:, :length], axis=1)
    return np.take_along_axis(tokens, kept, axis=1)


def batches(random, data, targets, lengths):
    """Endless batches of shuffled examples; lengths as in STAGES, some tokens hidden."""
    while True:
        order = random.permutation(len(data.tokens))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[start:start + BATCH]
            first, length = lengths[start // BATCH % len(lengths)]
            tokens = thin(random, data.tokens[chosen, :first], length)
            hidden = (random.random(tokens.shape) < HIDDEN) & (tokens != wordpiece.PAD)
            yield np.where(hidden, wordpiece.UNKNOWN, tokens), targets[chosen]


def run_stage(network, random, data, targets, stage):
    """One entry of STAGES."""
    lengths, epochs, rate = stage
    print(f"lengths {lengths}:")
    training.fit(network, batches(random, data, targets, lengths),
                 int(epochs * (len(data.tokens) // BATCH)), rate)


def weights_file(directory, stage=len(STAGES) - 1):
    """Where a stage leaves its float weights."""
    return directory / f"classifier_{stage}.pt"


def train(data, targets, directory, first_stage):
    """A Network trained in floating point; every stage leaves its weights in `directory`."""
    random = training.prepare(SEED)
    network = net.Network(shape_for(len(data.classes)), dropout=DROPOUT)
    if first_stage:
        network.load_state_dict(torch.load(weights_file(directory, first_stage - 1)))
    for number, stage in enumerate(STAGES):
        if number < first_stage:
            continue
        if number:
            random = training.prepare(SEED + number)
        run_stage(network, random, data, targets, stage)
        torch.save(network.state_dict(), weights_file(directory, number))
    return network


def measure(network, data, prefix):
    """Accuracy at all lengths, on all held-out texts and on the committed ones."""
    result = {}
    for length in LENGTHS:
        tokens = data.test_tokens[:, :length]
        for suffix, count in (("", len(tokens)), ("_test_set", TESTS)):
            result[f"{prefix}_{length}{suffix}"] = training.torch_accuracy(
                network, tokens[:count], data.test_answers[:count])
    return result


def measure_integer(network, data):
    """Accuracy of the exported integer model on the committed test set at all lengths."""
    result = {}
    for length in LENGTHS:
        graph = quantise.export("classifier", network, length)
        result[f"integer_{length}_test_set"] = integer.accuracy(
            graph, data.test_tokens[:TESTS, :length], data.test_answers[:TESTS])
    print(result, flush=True)
    return result


def calibrate(network, data):
    """Sets the scales of all activations from some training texts, at all lengths."""
    chosen = training.prepare(SEED + len(STAGES)).choice(len(data.tokens), OBSERVED, replace=False)
    quantise.observe(network, [training.tensor(data.tokens[chosen, :length])
                               for length in LENGTHS])


def save(network, data, directory):
    """Writes the integer model at the longest length, vocabulary, classes and test set."""
    quantise.export("classifier", network, max(LENGTHS)).save(directory / "classifier")
    (directory / "vocabulary.txt").write_text("\n".join(data.vocabulary) + "\n", encoding="utf-8")
    (directory / "classes.txt").write_text("\n".join(data.classes) + "\n", encoding="utf-8")
    store.save_test_set("classifier", data.test_tokens[:TESTS], data.test_answers[:TESTS],
                        directory)


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=pathlib.Path, default="/tmp/tessera_models",
                        help="has the package index (packages.py), keeps the float weights")
    parser.add_argument("--first-stage", type=int, default=0, metavar="N",
                        help="start from the weights that stage N-1 left in the directory")
    parser.add_argument("--output", type=pathlib.Path, default=store.DATA, help="directory")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    data = Data(arguments.directory)
    if not arguments.first_stage:
        np.save(arguments.directory / TARGETS, teach(data))
    targets = np.load(arguments.directory / TARGETS)
    network = train(data, targets, arguments.directory, arguments.first_stage)
    figures = {"parameters": net.parameter_count(network)}
    figures.update(measure(network, data, "float"))
    print(figures, flush=True)
    calibrate(network, data)
    figures.update(measure_integer(network, data))
    save(network, data, arguments.output)
    figures.update(baseline(data))
    store.record("classifier", figures, arguments.output)
    for name, value in figures.items():
        print(f"{name} {value}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except packages.DataError as error:
        sys.exit(f"train_classifier.py: {error}")
