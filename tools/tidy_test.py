#!/usr/bin/env python3
"""Proves each rule of tidy.py: a small project that breaks it is reported at the right place, and
one that keeps them all is not."""
import pathlib
import subprocess
import sys
import tempfile

TOOL = pathlib.Path(__file__).with_name("tidy.py")
HEADER = "// A part. What it does not protect from: all. Threads: any.\n#pragma once\n"
README = "# A project\n`./run` and [a link](STYLE.md)\n"
LONG_FUNCTION = "void f() {\n" + "    g();\n" * 80 + "}\n"
# What is written where, and the words that the report must hold; an empty list: nothing is said.
CASES = {
    "a clean project": ({"src/a/a.h": HEADER, "src/a/a.cc": "int a() {\n    return 1;\n}\n"}, []),
    "a file that is too long": ({"src/a/a.cc": "int a;\n" * 601}, ["src/a/a.cc:1: 601 lines"]),
    "a test may be longer": ({"src/a/a_test.cc": "int a;\n" * 601}, []),
    "a function that is too long": ({"src/a/a.cc": LONG_FUNCTION}, ["src/a/a.cc:1: a function of 82 lines"]),
    "a line that is too wide": ({"src/a/a.cc": "// " + "x" * 140 + "\n"}, ["src/a/a.cc:1: 143 columns"]),
    "a banned name": ({"src/a/a.cc": "class ThingManager {};\n"}, ["src/a/a.cc:1: banned: name the thing"]),
    "unfinished work": ({"src/a/a.cc": "// TO" + "DO: later\n"}, ["src/a/a.cc:1: banned: finish it"]),
    "connect outside its room": ({"src/a/a.cc": "int a = ::connect(1, x, 2);\n"}, ["src/a/a.cc:1: an effect call"]),
    "execve outside its room": ({"src/a/a.cc": "int a = ::execve(p, q, r);\n"}, ["src/a/a.cc:1: an effect call"]),
    "clone outside its room": ({"src/a/a.cc": "int a = ::clone(p);\n"}, ["src/a/a.cc:1: an effect call"]),
    "open outside its room": ({"src/a/a.cc": "int a = ::open(p, 0);\n"}, ["src/a/a.cc:1: an effect call"]),
    "open inside its room": ({"src/os/a.cc": "int a = ::open(p, 0);\n"}, []),
    "a shell": ({"src/os/a.cc": "int a = system(p);\n"}, ["src/os/a.cc:1: an effect call"]),
    "a call in a comment or a string": ({"src/a/a.cc": 'auto a = "::open(x)";  // ::open(x)\n'}, []),
    "a header without its first words": ({"src/a/a.h": "#pragma once\n"}, ["src/a/a.h:1: a header begins"]),
    "a path of one machine": ({"src/a/a.cc": "// see /ro" + "ot/notes\n"}, ["src/a/a.cc:1: a path of one machine"]),
    "a file that no target compiles": ({"tests/odd/lost.cc": "int a;\n"}, ["tests/odd/lost.cc:1: no target"]),
    "a link that leads nowhere": ({"README.md": "[x](gone.md)\n"}, ["README.md:1: the link gone.md"]),
    "a command that is not there": ({"README.md": "`./gone`\n"}, ["README.md:1: the command ./gone"]),
}


def reported(files):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        subprocess.run(["git", "init", "-q", folder], check=True)
        for name, text in {"README.md": README, "run": "#!/bin/sh\n", "STYLE.md": "x\n", **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([sys.executable, str(TOOL), folder], text=True, capture_output=True, check=False)
        return done.returncode, done.stderr


def main():
    failed = 0
    for name, (files, wanted) in CASES.items():
        code, said = reported(files)
        holds = code == (1 if wanted else 0) and all(text in said for text in wanted)
        if not holds:
            failed += 1
            print(f"{name}: expected {wanted or 'nothing'}, got code {code}:\n{said}", file=sys.stderr)
    print(f"{len(CASES) - failed} of {len(CASES)} cases of tidy.py hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
