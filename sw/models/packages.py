#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Task "section": which section of the Debian archive does a package's description belong to?

The texts are the archive's own package index of one point release, refused unless date and SHA-256
are those below; nothing of it is kept in the repository but the held-out test set's token numbers.
"""
import argparse
import collections
import hashlib
import os
import pathlib
import subprocess
import sys

SUITE = "bookworm"
RELEASE_DATE = "Sat, 11 Jul 2026 10:16:37 UTC"  # Debian 12.15
MIRROR = "http://deb.debian.org/debian"
INDEX_SHA256 = {
    "main_binary-amd64_Packages":
        "515e692f2c4121c6fcec444ef100cc18f79a991910615f3a88c8b7becfc94d2f",
    "main_i18n_Translation-en":
        "62f59c3cdca9786e4f7adf9002f9f5729a684adcb4667e58e448dec9b5a46c7f",
}
MINIMUM_TEXTS = 500
HELD_OUT_TENTHS = 1

Example = collections.namedtuple("Example", "source label text")
"""source: name of the source package; label: index of the section; text: the description."""


class DataError(Exception):
    """The package index is absent or is not the pinned one."""


def fetch(directory, mirror=MIRROR):
    """Lets apt-get fetch the index files into `directory`; needs no root rights.

    A mirror carries a point release until the next; http://snapshot.debian.org/archive/debian/
    followed by a time carries it for good.
    """
    root = pathlib.Path(directory)
    (root / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (root / "sources.list").write_text(
        f"deb [check-valid-until=no signed-by={keyring}] {mirror} {SUITE} main\n")
    options = {
        "Dir::Etc::sourcelist": root / "sources.list", "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": root / "lists", "Dir::Cache": root / "cache",
        "APT::Architecture": "amd64", "APT::Architectures": "amd64",
        "Acquire::Languages": "en", "Acquire::GzipIndexes": "false",
    }
    command = ["apt-get", "update"]
    for key, value in options.items():
        command += ["-o", f"{key}={value}"]
    if os.geteuid() == 0:
        command += ["-o", "APT::Sandbox::User=root"]
    subprocess.run(command, check=True)


def index_files(directory):
    """Paths of the pinned index files under `directory`, by the key of INDEX_SHA256.

    Raises: DataError when one is missing or differs.
    """
    found = {}
    for name, expected in INDEX_SHA256.items():
        paths = sorted(pathlib.Path(directory, "lists").glob(f"*_dists_{SUITE}_{name}"))
        if len(paths) != 1:
            raise DataError(f"{directory}/lists: {len(paths)} files *_dists_{SUITE}_{name}; "
                            "expected one (packages.py --fetch gets it)")
        digest = hashlib.sha256(paths[0].read_bytes()).hexdigest()
        if digest != expected:
            raise DataError(f"{paths[0]}: SHA-256 {digest}; allowed: {expected}, the index of "
                            f"{RELEASE_DATE}")
        found[name] = paths[0]
    return found


def stanzas(lines):
    """The stanzas of a Debian control file as dicts; continuation lines lose their first blank."""
    fields = {}
    name = None
    for line in lines:
        line = line.rstrip("\n")
        if not line:
            if fields:
                yield fields
            fields = {}
        elif line[0] in " \t":
            fields[name] += "\n" + line[1:]
        else:
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    if fields:
        yield fields


def join(packages, translations):
    """Different descriptions with source package and section, in the order of the index.

    Args: two iterables of stanzas. Returns: list of (source, section, text).
    """
    texts = {entry["Description-md5"]: entry["Description-en"] for entry in translations}
    distinct = {}
    for package in packages:
        text = texts[package["Description-md5"]]
        source = package.get("Source", package["Package"]).split()[0]
        distinct.setdefault(text, (source, package["Section"], text))
    return list(distinct.values())


def is_held_out(source):
    """All packages of one source fall on one side, so that shared texts do not leak."""
    return int(hashlib.sha256(source.encode()).hexdigest(), 16) % 10 < HELD_OUT_TENTHS


def select(entries, minimum=MINIMUM_TEXTS):
    """Keeps the sections with at least `minimum` texts.

    Returns: (sections, training, held out): names in alphabetical order and lists of Example, the
    held-out ones in the order of a hash, so that any first n of them are a fair sample.
    """
    counts = collections.Counter(section for _, section, _ in entries)
    sections = sorted(name for name, count in counts.items() if count >= minimum)
    examples = [Example(source, sections.index(section), text)
                for source, section, text in entries if section in sections]
    training = [example for example in examples if not is_held_out(example.source)]
    held_out = [example for example in examples if is_held_out(example.source)]
    held_out.sort(key=lambda example: hashlib.sha256(example.text.encode()).digest())
    return sections, training, held_out


def load(directory):
    """(sections, training, held out) of the pinned index under `directory`."""
    files = index_files(directory)
    with files["main_binary-amd64_Packages"].open(encoding="utf-8") as packages, \
            files["main_i18n_Translation-en"].open(encoding="utf-8") as translations:
        return select(join(stanzas(packages), stanzas(translations)))


def main():
    """Command line: fetches and describes the data."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--directory", default="/tmp/tessera_models", help="keeps the index")
    parser.add_argument("--fetch", action="store_true", help="fetch the index with apt-get")
    parser.add_argument("--mirror", default=MIRROR, help="archive to fetch from")
    arguments = parser.parse_args()
    if arguments.fetch:
        fetch(arguments.directory, arguments.mirror)
    sections, training, held_out = load(arguments.directory)
    counts = collections.Counter(example.label for example in training + held_out)
    print(f"{len(training)} training, {len(held_out)} held-out texts, {len(sections)} sections:")
    print(", ".join(f"{name} {counts[label]}" for label, name in enumerate(sections)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (DataError, subprocess.CalledProcessError) as error:
        sys.exit(f"packages.py: {error}")
