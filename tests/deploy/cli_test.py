# SPDX-License-Identifier: Apache-2.0
"""deploy.py as users meet it: exit codes, messages, the explained plan, the image."""
import csv
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np

import support
from deploy import graph as graphs, models

SCRIPT = support.ROOT / "sw/deploy/deploy.py"


def run(*arguments):
    """(exit code, standard output, standard error) of deploy.py."""
    own = ["--tessera", support.TESSERA] if support.TESSERA else []
    done = subprocess.run([str(SCRIPT), *own, *map(str, arguments)], capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout, done.stderr


class CommandLine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def refused(self, arguments, *expected):
        code, _, errors = run(*arguments)
        self.assertEqual(code, 2, errors)
        self.assertNotIn("Traceback", errors)
        for text in expected:
            self.assertIn(text, errors)

    def test_a_plan_is_explained(self):
        code, text, _ = run("encoder:64,64,32,2,128", "--map", "cores", "--explain", "--tile-bytes",
                            "ffn1=4096")
        self.assertEqual(code, 0)
        row = next(line for line in text.splitlines() if line.startswith("ffn1"))
        self.assertIn("Product", row)
        self.assertIn(f"{64 * 64 * 128:,}", row)  # multiply-accumulates
        self.assertIn(f"{64 * 128 + 4 * 128:,}", row)  # weights and biases from L2
        self.assertIn("2 blocks of 64 x 64 weights", row)
        self.assertIn("activations in L2: none", text)

    def test_layers_go_where_they_are_sent(self):
        """By default to the ITAs where they can compute a layer."""
        def devices(*options):
            lines = run("encoder:64,64,64,1,1024", "--explain", *options)[1].splitlines()
            return {line.split()[0]: line.split()[2] for line in lines[1:] if len(line.split()) > 9}
        expected = {"attention": "ita", "out": "ita", "ffn1": "ita", "ffn2": "cores"}
        self.assertEqual({name: devices()[name] for name in expected}, expected)
        self.assertNotIn("ita", devices("--map", "cores").values())
        self.assertEqual([name for name, device in devices("--map", "cores", "--map",
                                                           "ffn1=ita").items()
                          if device == "ita"], ["ffn1"])

    def test_options_change_the_plan(self):
        def total(*options):
            text = run("dense:64,256,256", "--map", "cores", "--explain", *options)[1]
            return next(line for line in text.splitlines() if line.startswith("total")).split()
        self.assertNotEqual(total(), total("--tile-bytes", "4096"))
        self.assertNotEqual(total("--tile-bytes", "4096", "--depth", "0")[-1],
                            total("--tile-bytes", "4096", "--depth", "2")[-1])

    def test_heads_and_orders_are_explained(self):
        code, text, _ = run("encoder:64,64,64,4,64", "--explain", "--heads",
                            "attention=ita1:0-1,ita:2,cores:3", "--order", "ffn1=rows")
        self.assertEqual(code, 0)
        rows = {line.split()[0]: line for line in text.splitlines()}
        self.assertEqual(rows["attention"].split()[2], "ita+cores")
        self.assertIn("heads ita0:2 ita1:0+1 cores:3", rows["attention"])
        self.assertIn("order rows", rows["ffn1"])

    def test_a_sweep_compares_mappings(self):
        path = self.folder / "sweep.csv"
        code, text, _ = run("encoder:64,64,64,2,64", "--sweep", "-o", path)
        self.assertEqual(code, 0)
        with open(path, newline="", encoding="utf-8") as file:
            rows = {row["mapping"]: row for row in csv.DictReader(file)}
        cycles = {name: int(row["predicted cycles"]) for name, row in rows.items()}
        self.assertLess(cycles["as given"], cycles["--heads attention=1"])
        self.assertLess(cycles["--heads attention=1"], cycles["--map cores"])
        self.assertTrue(all(name in text for name in rows))

    def test_an_image_is_written_for_a_model_file(self):
        model, image = self.folder / "m.json", self.folder / "work.img"
        models.dense(8, 32, 16).save(model)
        np.savez(self.folder / "in.npz", x=np.zeros((3, 8, 32), np.int64))
        self.assertEqual(run(model, "--inputs", self.folder / "in.npz", "-o", image)[0], 0)
        self.assertEqual(image.read_bytes()[:4], b"ENSE")

    def test_what_cannot_be_used_is_refused(self):
        self.refused(["model.txt"], "layer 'model.txt': a model is a .json or .onnx file")
        self.refused(["missing.json"], "missing.json", "No such file")
        self.refused(["missing.onnx"], "missing.onnx", "No such file")
        self.refused(["encoder:1,2"], "expected 5 to 7 positive numbers")
        self.refused(["encoder:40,64,32,2,64"], "layer 'attention': S=40; allowed: multiples of 16")
        self.refused(["dense:4,4,4", "--config", "nowhere.yaml"], "nowhere.yaml")
        self.refused(["dense:4,4,4", "--set", "soc.l2.bytes=big"],
                     "soc.l2.bytes: expected an integer")
        self.refused(["dense:4,4,4", "--tile-bytes", "fc=x"], "--tile-bytes expects name=int")
        self.refused(["dense:4,4,4", "--tile-bytes", "fx=9"], "layer 'fx': there is no such layer")
        self.refused(["dense:4,4,4", "--heads", "fc"], "--heads expects name=str")
        self.refused(["dense:4,4,4", "--map", "gpu"], "map 'gpu'; allowed: auto, cores, ita")
        self.refused(["dense:48,64,64", "--map", "fc=ita"],
                     "layer 'fc': cannot be computed by an ITA: S=48; allowed: multiples of 64")
        self.refused(["dense:4,4,4", "--spill", "q"], "layer 'q': there is no such tensor")
        self.refused(["dense:4,1000,5000", "--set", "soc.l2.bytes=2MiB"],
                     "layer 'fc': fc.weight takes 5000000 bytes", "the model is larger than L2")

    def test_options_that_would_do_nothing_are_refused(self):
        self.refused(["dense:4,4,4", "--check"], "--check needs --run")
        self.refused(["dense:4,4,4", "--save", "x.npz"], "--save needs --run")
        self.refused(["dense:4,4,4", "--inputs", "x.npz", "--iterations", "2"], "--iterations is")
        self.refused(["dense:4,4,4", "--iterations", "0"], "0; allowed: 1 and more")
        self.refused(["dense:4,4,4", "--seed", "-1"], "-1; allowed: 0 and more")
        self.refused(["dense:4,4,4", "--tile-bytes", "0"], "--tile-bytes 0; allowed: positive")
        self.refused(["dense:4,4,4", "--tile-bytes", "fc=-5"], "--tile-bytes -5; allowed: positive")

    def test_the_machine_is_checked_as_by_tessera(self):
        self.refused(["dense:4,4,4", "--set", "soc.foo=1"], "soc.foo")
        self.refused(["dense:4,4,4", "--set", "soc.ita.count=-1"], "soc.ita.count")
        self.refused(["dense:4,4,4", "--set", "soc.cluster.num_groups=0"], "soc.cluster.num_groups")
        self.refused(["dense:4,4,4", "--set", "soc.l2.base=0x70000000"], "belongs at 0x80100000")
        self.refused(["dense:4,4,4", "--tessera", "nowhere"], "nowhere: No such file")

    def test_what_the_cores_have_no_field_for_is_refused(self):
        self.refused(["dense:1,4,70000", "--map", "cores"], "layer 'fc': too large for the cores")

    def test_folders_of_outputs_are_made(self):
        self.assertEqual(run("dense:4,8,8", "-o", self.folder / "new/work.img")[0], 0)
        self.assertTrue((self.folder / "new/work.img").exists())

    def test_inputs_must_fit(self):
        path = self.folder / "in.npz"
        arguments = ["dense:4,8,8", "--inputs", path, "-o", self.folder / "x"]
        self.refused(arguments, "in.npz", "No such file")
        np.savez(path, x=np.full((4, 8), 200))
        self.refused(arguments, "layer 'x': input holds values outside int8")
        np.savez(path, x=np.zeros((4, 9), np.int8))
        self.refused(arguments, "layer 'x': input has shape [4, 9]; expected [4, 8]")
        np.savez(path, x=np.full((4, 8), "a"))
        self.refused(arguments, "layer 'x': input of type <U1; expected numbers")

    def test_ids_must_be_rows_of_their_table(self):
        graph, path = graphs.Graph("ids"), self.folder / "m.json"
        table = np.zeros((5, 4), np.int8)
        graph.output(graph.add("Embedding", graph.input("x", (3,), "uint16"), table, table[:3],
                               name="e"))
        graph.save(path)
        np.savez(self.folder / "in.npz", x=np.array([0, 4, 5], np.uint16))
        self.refused([path, "--inputs", self.folder / "in.npz"],
                     "layer 'x': id 5; allowed: 0..4, rows of the table")


if __name__ == "__main__":
    unittest.main()
