#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the documentation true.

  check_docs.py commands ROOT BUILD [PAGE...]   runs every fenced command block of the pages, which
                                                are ROOT/README.md unless others are named
  check_docs.py pages ROOT                      checks the headings of models/*/README.md
  check_docs.py links ROOT                      checks that links between pages lead somewhere

A block fenced as `sh` is run as a whole; of a block fenced as `console` the lines after "$ " are
run, and the other lines must follow in the output, where "..." stands for anything. Blocks of a
page run in order, each from the root of a scratch folder that looks like the project: results
written by one are there for the next. BUILD stands in for build/release. A block after the line
`<!-- not run: reason -->` is left out.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

HEADINGS = ["What it models", "Ports", "Registers", "Timing and source", "Limits", "Statistics"]
TIMEOUT_SECONDS = 600

FENCE = re.compile(r"^```(\w*)\s*$")
NOT_RUN = re.compile(r"^<!-- not run: \S.* -->$")
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")


class Block:
    """A fenced block: its language, first line number and lines; is_skipped when marked not run."""

    def __init__(self, language, line, is_skipped):
        self.language = language
        self.line = line
        self.is_skipped = is_skipped
        self.lines = []


def read_page(path):
    """Returns (blocks, prose lines) of a Markdown file."""
    blocks, prose = [], []
    block = None
    last_text = ""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        fence = FENCE.match(line)
        if block is None and fence:
            block = Block(fence.group(1), number, bool(NOT_RUN.match(last_text)))
        elif block is not None and line.strip() == "```":
            blocks.append(block)
            block = None
        elif block is not None:
            block.lines.append(line)
        else:
            prose.append(line)
        if line.strip():
            last_text = line.strip()
    return blocks, prose


def steps_of(block):
    """Returns (command, expected output lines) pairs of a block."""
    if block.language == "sh":
        return [("\n".join(block.lines), [])]
    steps = []
    for line in block.lines:
        if line.startswith("$ "):
            steps.append((line[2:], []))
        elif steps and line.strip():
            steps[-1][1].append(line)
    return steps


def missing_line(expected, output):
    """Returns the first expected line that does not follow in the output, or None."""
    actual = iter(output.splitlines())
    for line in expected:
        pattern = ".*".join(re.escape(part) for part in line.rstrip().split("..."))
        if not any(re.fullmatch(pattern, candidate.rstrip()) for candidate in actual):
            return line
    return None


def make_scratch(root, build, scratch):
    """Fills a folder with links, so that commands find the project and write beside it."""
    for entry in root.iterdir():
        if entry.name not in (".git", "build", "out"):
            (scratch / entry.name).symlink_to(entry)
    (scratch / "build").mkdir()
    (scratch / "build/release").symlink_to(build)


def run_step(command, expected, scratch):
    """Runs one command; returns what is wrong, or an empty text."""
    build = str((scratch / "build/release").resolve())  # scripts find themselves, not the scratch
    result = subprocess.run(["bash", "-eu", "-c", command], cwd=scratch, text=True,
                            env={**os.environ, "TESSERA_BUILD": build},
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            timeout=TIMEOUT_SECONDS, check=False)
    if result.returncode != 0:
        return f"exit code {result.returncode}\n{result.stdout}"
    missing = missing_line(expected, result.stdout)
    return "" if missing is None else f"the output has no line '{missing}'\n{result.stdout}"


def check_page_commands(root, build, page):
    """Returns the problems of all command blocks of one page; `page` is relative to `root`."""
    if not (root / page).is_file():
        return [f"{page}: missing"]
    problems = []
    blocks = [block for block in read_page(root / page)[0] if block.language in ("sh", "console")]
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        make_scratch(root, build, scratch)
        for block in blocks:
            place = f"{page}:{block.line}"
            if block.is_skipped:
                print(f"{place}: not run")
                continue
            for command, expected in steps_of(block):
                problem = run_step(command, expected, scratch)
                print(f"{place}: {'FAILED' if problem else 'ok'}: {command}")
                if problem:
                    problems.append(f"{place}: {command}: {problem}")
    if not blocks:
        problems.append(f"{page} has no command blocks")
    return problems


def check_commands(root, build, pages):
    """Returns the problems of all command blocks of the pages."""
    return [problem for page in pages for problem in check_page_commands(root, build, page)]


def check_pages(root):
    """Returns the problems of the pages of the models."""
    problems = []
    for folder in sorted(path for path in (root / "models").iterdir() if path.is_dir()):
        page = folder / "README.md"
        name = page.relative_to(root)
        if not page.is_file():
            problems.append(f"{name}: missing")
            continue
        headings = [line[3:].strip() for line in read_page(page)[1] if line.startswith("## ")]
        if headings != HEADINGS:
            problems.append(f"{name}: headings are {headings}, expected {HEADINGS}")
    return problems


def check_links(root):
    """Returns the problems of relative links."""
    problems = []
    for top in ("README.md", "models", "firmware", "sw", "configs", "platform", "scripts",
                "tests"):
        for page in sorted((root / top).rglob("*.md") if (root / top).is_dir() else root.glob(top)):
            for target, _ in LINK.findall("\n".join(read_page(page)[1])):
                if "://" not in target and not (page.parent / target).exists():
                    problems.append(f"{page.relative_to(root)}: link to '{target}' leads nowhere")
    return problems


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    what, root = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    if what == "commands":
        problems = check_commands(root, pathlib.Path(sys.argv[3]).resolve(),
                                  sys.argv[4:] or ["README.md"])
    else:
        problems = {"pages": check_pages, "links": check_links}[what](root)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
