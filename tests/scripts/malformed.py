"""Sweep files with one mistake each: (what is wrong, text of the file, line, reason, hint)."""

HEAD = "name: a\nconfig: minpool\n"
WORK = "workloads:\n  h: {elf: hello}\n"
STAT = "statistics: {c: run.cycles}\n"
BASE = HEAD + WORK + STAT  # 5 lines

FILES = [
    ("empty", "", 1, "the file is empty", "it needs at least"),
    ("no YAML", HEAD + "set: [a\n", 4, "no YAML", "check indentation"),
    ("a list", "- name\n", 1, "the sweep is a list", "'key: value' lines"),
    ("misspelt key", BASE + "matrx: {}\n", 6, "unknown key 'matrx'", "did you mean 'matrix'?"),
    ("key missing", HEAD + WORK, 1, "'statistics' is missing", "add 'statistics: ...'"),
    ("key twice", BASE + "repeat: 2\nrepeat: 3\n", 7, "'repeat' is there twice", "keep one"),
    ("no such machine", "name: a\nconfig: minipool\n" + WORK + STAT, 2,
     "no such machine 'minipool'", "did you mean 'minpool'?"),
    ("bad name", "name: a/b\nconfig: minpool\n" + WORK + STAT, 1, "name 'a/b'", "use letters"),
    ("empty axis", BASE + "matrix:\n  soc.l2.banks: []\n", 7, "soc.l2.banks is empty",
     "give at least one value"),
    ("value twice", BASE + "matrix:\n  soc.l2.banks: [4, 8, 4]\n", 7, "'4' is there twice",
     "keep one"),
    ("axis is a number", BASE + "matrix:\n  soc.l2.banks: 4\n", 7, "soc.l2.banks is '4'",
     "write a list"),
    ("unused variable", BASE + "matrix:\n  l2.banks2: [4]\n", 7, "'l2.banks2' cannot name an axis",
     "use a setting 'soc...'"),
    ("variable of no workload", BASE + "matrix:\n  heads: [4]\n", 7, "no workload uses 'heads'",
     "use '{heads}'"),
    ("placeholder without values", HEAD + "workloads:\n  h: {elf: mhsa, make: 'm {S} -o {image}'}\n"
     + STAT, 4, "nothing gives '{S}' a value", "add an axis 'S'"),
    ("no such workload", BASE + "matrix:\n  workload: [hallo, h]\n", 7, "no workload 'hallo'",
     "allowed: h"),
    ("neither program nor traffic", HEAD + "workloads:\n  h: {address: 1}\n" + STAT, 4,
     "needs one of 'elf' and 'traffic'", "elf: a program"),
    ("make without image", HEAD + "workloads:\n  h: {elf: mhsa, make: 'true'}\n" + STAT, 4,
     "make does not say where to write", "add '-o {image}'"),
    ("exclude of a value that is none", BASE + "matrix:\n  soc.l2.banks: [4]\n"
     "exclude:\n  - {soc.l2.banks: 8}\n", 9, "soc.l2.banks is never '8'", "allowed: 4"),
    ("include lacks an axis", BASE + "matrix:\n  soc.l2.banks: [4]\ninclude:\n  - {workload: h}\n",
     9, "does not say soc.l2.banks", "give every axis a value"),
    ("repeat", BASE + "repeat: none\n", 6, "repeat is 'none'", "give an integer from 1 on"),
    ("setting", BASE + "set:\n  l2.banks: 4\n", 7, "'l2.banks' in set is no setting",
     "settings start with 'soc.'"),
    ("figure", HEAD + WORK + "statistics:\n  c: soc.a[*].b\n", 6, "names many figures",
     "put one of sum"),
    ("column", HEAD + WORK + "statistics:\n  status: run.cycles\n", 6,
     "'status' cannot name a column", "use letters"),
    ("expression", BASE + "derived:\n  d: c /\n", 7, "'c /' is no expression", "use numbers"),
    ("column of an expression", BASE + "derived:\n  d: cycle * 2\n", 7, "no column 'cycle'",
     "allowed: c"),
    ("objective", BASE + "objectives:\n  minimise: [cycles]\n", 7, "no column 'cycles'",
     "allowed: c"),
    ("constraint", BASE + "objectives:\n  subject_to: [c < 5]\n", 7, "'c < 5' is no constraint",
     "write 'column <= value'"),
]
