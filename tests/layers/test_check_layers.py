"""check_layers.py finds what it is there to find: each problem is planted in a small tree."""

import os
import pathlib
import subprocess
import tempfile
import unittest

CHECK = os.environ["CHECK_LAYERS"]


class Layers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.add("models/base/units.h", "#pragma once\n#include <cstdint>\n")
        self.add("models/tlm/port.h", '#include "models/base/units.h"\n#include <systemc>\n')
        self.add("models/dma/dma.h", '#include "models/tlm/port.h"\n')
        self.add("models/dma/dma_regs.h", "")
        self.add("platform/soc.cpp", '#include "models/dma/dma.h"\n')
        self.add("firmware/driver.c", '#include "models/dma/dma_regs.h"\n')

    def add(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def check(self, *problems):
        result = subprocess.run(["/usr/bin/python3", CHECK, self.root], capture_output=True,
                                text=True, timeout=60, check=False)
        if problems:
            self.assertEqual((result.returncode, result.stdout.splitlines()), (1, list(problems)))
        else:
            self.assertEqual((result.returncode, result.stdout),
                             (0, "6 files keep to their layers\n"))

    def test_a_clean_tree_passes(self):
        self.check()

    def test_models_do_not_include_each_other(self):
        self.add("models/axi/bus.h", '// a comment\n  #  include "models/dma/dma.h"\n')
        self.check('models/axi/bus.h:2: "models/dma/dma.h": models/axi may include only '
                   'models/tlm, models/base')

    def test_the_base_includes_nobody(self):
        self.add("models/base/error.h", '#include "models/tlm/port.h"\n')
        self.check('models/base/error.h:1: "models/tlm/port.h": models/base may include only '
                   'itself',
                   "folders include each other: models/base -> models/tlm -> models/base")

    def test_includes_are_written_from_the_root(self):
        self.add("models/dma/dma.cpp", '#include "dma.h"\n')
        self.check('models/dma/dma.cpp:1: "dma.h" is not a file seen from the root')

    def test_guest_code_sees_register_headers_only(self):
        self.add("sw/hello.c", '#include "firmware/driver.c"\n#include "models/dma/dma.h"\n')
        self.check('sw/hello.c:2: "models/dma/dma.h": sw may include only firmware')

    def test_observers_know_no_model(self):
        self.add("platform/observe/log.h", '#include "models/dma/dma.h"\n')
        self.check('platform/observe/log.h:1: "models/dma/dma.h": platform/observe may include '
                   'only models/base')

    def test_some_libraries_have_one_user(self):
        self.add("models/base/x.cpp", "#include <yaml-cpp/yaml.h>\n#include <systemc>\n")
        self.check(r"models/base/x.cpp:1: <yaml-cpp/yaml.h> is for "
                   r"models/base/config_value\.cpp only",
                   "models/base/x.cpp:2: <systemc> is for "
                   "(models/(?!base/|isa/|transformer_math/)|platform/|tests/).* only")

    def test_timing_does_not_look_at_the_closed_form(self):
        self.add("models/attention_engine/analytical/twin.h", "")
        self.add("models/attention_engine/timing.cpp",
                 '#include "models/attention_engine/analytical/twin.h"\n')
        self.check('models/attention_engine/timing.cpp:1: '
                   '"models/attention_engine/analytical/twin.h": models/attention_engine may '
                   "include only models/transformer_math, models/tlm, models/base")

    def test_a_new_folder_needs_a_row(self):
        self.add("models/noc/router.h", "")
        self.check("models/noc/router.h:1: this folder has no row in the table of check_layers.py")

    def test_link_lines_repeat_the_table(self):
        self.add("models/dma/CMakeLists.txt",
                 "tessera_library(tessera_dma DEPENDS tessera_tlm tessera_axi)\n")
        self.check("models/dma/CMakeLists.txt: tessera_dma must not link tessera_axi")


if __name__ == "__main__":
    unittest.main()
