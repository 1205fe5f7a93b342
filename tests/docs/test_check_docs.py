"""check_docs.py finds what it is there to find: each problem is planted in a small project."""

import os
import pathlib
import subprocess
import tempfile
import unittest

CHECK = os.environ["CHECK_DOCS"]
PAGE = "# dma\n" + "".join(
    f"\n## {heading}\n\nText.\n"
    for heading in ["What it models", "Ports", "Registers", "Timing and source", "Limits",
                    "Statistics"])


class Docs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name) / "project"
        self.build = pathlib.Path(folder.name) / "build"
        self.build.mkdir()
        (self.build / "tool").write_text("#!/bin/sh\necho one 12 cycles\necho two\n")
        (self.build / "tool").chmod(0o755)
        self.add("models/dma/README.md", PAGE)
        self.add("README.md", "# Project\n")

    def add(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run_check(self, what, *pages):
        result = subprocess.run(
            ["/usr/bin/python3", CHECK, what, self.root, self.build, *pages], capture_output=True,
            text=True, timeout=60, check=False)
        return result.returncode, result.stdout

    def readme(self, text):
        self.add("README.md", text)
        return self.run_check("commands")

    def test_blocks_run_in_order_in_a_scratch_folder(self):
        code, out = self.readme("```sh\nbuild/release/tool > out.txt\n```\n\n"
                                "```console\n$ cat out.txt\none ... cycles\ntwo\n"
                                "$ echo x\nx\n```\n")
        self.assertEqual(code, 0, out)
        self.assertFalse((self.root / "out.txt").exists())

    def test_a_command_that_fails_is_found(self):
        code, out = self.readme("text\n\n```sh\necho before\nfalse\necho after\n```\n")
        self.assertEqual(code, 1)
        self.assertIn("README.md:3: echo before\nfalse\necho after: exit code 1\nbefore\n", out)

    def test_output_that_differs_is_found(self):
        code, out = self.readme("```console\n$ build/release/tool\ntwo\none ... cycles\n```\n")
        self.assertEqual(code, 1)
        self.assertIn("the output has no line 'one ... cycles'", out)

    def test_marked_blocks_and_other_languages_are_left_out(self):
        code, out = self.readme("<!-- not run: installs packages -->\n\n```sh\nfalse\n```\n\n"
                                "```c\nint x;\n```\n\n```sh\ntrue\n```\n")
        self.assertEqual(code, 0, out)
        self.assertIn("README.md:3: not run\n", out)

    def test_a_mark_needs_a_reason(self):
        self.assertEqual(self.readme("<!-- not run: -->\n```sh\nfalse\n```\n")[0], 1)

    def test_a_readme_without_commands_is_found(self):
        self.assertEqual(self.readme("# Project\n"), (1, "README.md has no command blocks\n"))

    def test_named_pages_are_checked_each_in_its_own_folder(self):
        self.add("README.md", "```sh\ntouch there\n```\n")
        self.add("models/dma/how.md", "```sh\ntest ! -e there\nfalse\n```\n")
        code, out = self.run_check("commands", "README.md", "models/dma/how.md", "none.md")
        self.assertEqual(code, 1)
        self.assertIn("README.md:1: ok: touch there\n", out)
        self.assertIn("models/dma/how.md:1: test ! -e there\nfalse: exit code 1\n", out)
        self.assertIn("none.md: missing\n", out)

    def test_good_pages_pass(self):
        self.assertEqual(self.run_check("pages"), (0, ""))

    def test_missing_and_wrong_pages_are_found(self):
        self.add("models/axi/bus.h", "")
        self.add("models/dma/README.md", PAGE.replace("## Ports", "## Plugs"))
        code, out = self.run_check("pages")
        self.assertEqual(code, 1)
        self.assertIn("models/axi/README.md: missing\n", out)
        self.assertIn("models/dma/README.md: headings are ['What it models', 'Plugs', ", out)

    def test_headings_in_code_do_not_count(self):
        self.add("models/dma/README.md", PAGE + "\n```sh\n## a comment\n```\n")
        self.assertEqual(self.run_check("pages"), (0, ""))

    def test_dead_links_are_found(self):
        self.add("README.md",
                 "[good](models/dma/README.md#ports) [web](https://x.y) [bad](a/b.md)\n")
        self.assertEqual(self.run_check("links"),
                         (1, "README.md: link to 'a/b.md' leads nowhere\n"))


if __name__ == "__main__":
    unittest.main()
