#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks which folder includes which: the layer table of the project.

  scripts/check_layers.py [ROOT]

Reads every C, C++ and assembler file under ROOT (default: the project) and fails, one line per
problem, when an include crosses layers, is not written from the root, or names a library that only
one file may use; when folders include each other in a circle; and when a CMakeLists.txt links what
the table does not allow.
"""

import pathlib
import re
import sys

MODELS_ON_TLM = ["axi", "dma", "interconnect", "memory", "periph"]

# Folder -> folders it may include, besides itself. A folder stands for its subfolders too, unless
# they have a row of their own.
LAYERS = {
    "models/base": [],
    "models/tlm": ["models/base"],
    "models/isa": ["models/base"],
    "models/core": ["models/isa", "models/tlm", "models/base"],
    **{f"models/{name}": ["models/tlm", "models/base"] for name in MODELS_ON_TLM},
    # Arithmetic of both accelerators: they must give the same bytes and may not include each other.
    "models/transformer_math": [],
    "models/ita": ["models/transformer_math", "models/tlm", "models/base"],
    "models/attention_engine": ["models/transformer_math", "models/tlm", "models/base"],
    # The closed-form twin may know the engine; the engine's timing knows nothing of the twin.
    "models/attention_engine/analytical": ["models/attention_engine", "models/base"],
    "models/attention_engine/cycle": ["models/attention_engine", "models/base"],
    "models/attention_engine/c_api": ["models/attention_engine/analytical",
                                      "models/attention_engine", "models/base"],
    "models/attention_engine/device": ["models/attention_engine", "models/attention_engine/cycle",
                                       "models/transformer_math", "models/tlm", "models/base"],
    "platform": ["models", "platform/observe"],
    "platform/observe": ["models/base"],
    # The GDB server sees harts and memory through interfaces of models/base alone.
    "platform/debug": ["models/base"],
    "platform/app": ["platform", "platform/observe", "platform/debug", "models/base"],
    "firmware": [],
    "sw": ["firmware"],
    "tests": ["models", "platform", "platform/observe", "platform/debug", "platform/app",
              "firmware"],
}

# Offsets and bits of registers, in C: what guest code shares with the models.
REGISTER_HEADER = re.compile(r"models/\w+/\w+_regs\.h")
GUEST_LAYERS = ("firmware", "sw")

# Library include -> pattern of the files that may use it; libraries not named here are free.
LIBRARIES = {
    r"yaml-cpp/": r"models/base/config_value\.cpp",
    r"spdlog/": r"models/base/log\.cpp",
    r"(systemc|tlm|tlm_utils/.*)$": r"(models/(?!base/|isa/|transformer_math/)|platform/|tests/).*",
    r"(libelf|gelf|dwarf|elfutils/.*)(\.h)?$": r"platform/(elf_loader|observe/.*)\.(cpp|h)",
    r"CLI/": r"platform/app/.*",
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
LIBRARY = re.compile(r"tessera_library\(\s*(\w+)\s+DEPENDS\s+([^)]*)\)")


def layer_of(path):
    """Returns the row of the table that holds `path`, the deepest one; None when there is none."""
    rows = [row for row in LAYERS if path.startswith(row + "/")]
    return max(rows, key=len, default=None)


def is_allowed(source, target, path):
    """True when files of layer `source` may include `path`, a file of layer `target`."""
    if source in GUEST_LAYERS and REGISTER_HEADER.fullmatch(path):
        return True
    allowed = [source, *LAYERS[source]]
    return any(target == row or (row == "models" and target.startswith("models/"))
               for row in allowed)


def check_include(root, path, quote, included):
    """Yields what is wrong with one include of the file `path`."""
    if quote == "<":
        for library, users in LIBRARIES.items():
            if re.match(library, included) and not re.fullmatch(users, path):
                yield f"<{included}> is for {users} only"
        return
    if not (root / included).is_file():
        yield f'"{included}" is not a file seen from the root'
        return
    source, target = layer_of(path), layer_of(included)
    if target is None:
        yield f'"{included}" is in no layer'
    elif not is_allowed(source, target, included):
        yield f'"{included}": {source} may include only {", ".join(LAYERS[source]) or "itself"}'


def find_circle(edges):
    """Returns a list of folders that include each other in a circle, or an empty list."""
    def walk(folder, trail):
        if folder in trail:
            return trail[trail.index(folder):] + [folder]
        for target in sorted(edges.get(folder, ())):
            circle = walk(target, trail + [folder])
            if circle:
                return circle
        return []

    for folder in sorted(edges):
        circle = walk(folder, [])
        if circle:
            return circle
    return []


def source_files(root):
    for top in sorted({row.split("/")[0] for row in LAYERS}):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".h", ".c", ".cpp", ".S") or path.name.endswith(".in"):
                yield path


def check_sources(root):
    """Returns a list of problems of all includes under `root`."""
    problems = []
    edges = {}
    for file in source_files(root):
        path = file.relative_to(root).as_posix()
        if layer_of(path) is None:
            problems.append(f"{path}:1: this folder has no row in the table of check_layers.py")
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, included = match.groups()
            problems += [f"{path}:{number}: {problem}"
                         for problem in check_include(root, path, quote, included)]
            source, target = layer_of(path), layer_of(included)
            is_between_folders = quote == '"' and target is not None and target != source
            if is_between_folders and not REGISTER_HEADER.fullmatch(included):
                edges.setdefault(source, set()).add(target)
    circle = find_circle(edges)
    if circle:
        problems.append("folders include each other: " + " -> ".join(circle))
    return problems


def check_libraries(root):
    """Returns a list of problems of the link lines in CMakeLists.txt files."""
    problems = []
    for file in sorted(root.glob("models/*/**/CMakeLists.txt")):
        folder = file.parent.relative_to(root).as_posix()
        for name, dependencies in LIBRARY.findall(file.read_text()):
            allowed = [row.replace("models/", "tessera_").replace("/", "_")
                       for row in LAYERS.get(folder, [])]
            for dependency in dependencies.split():
                if dependency.startswith("tessera_") and dependency not in allowed:
                    problems.append(f"{folder}/CMakeLists.txt: {name} must not link {dependency}")
    return problems


def main():
    default_root = pathlib.Path(__file__).resolve().parent.parent
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default_root
    problems = check_sources(root) + check_libraries(root)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{sum(1 for _ in source_files(root))} files keep to their layers")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
