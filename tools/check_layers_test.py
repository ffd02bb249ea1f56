#!/usr/bin/env python3
"""Proves each rule of check_layers.py on a small tree that breaks it, and on one that does not."""
import pathlib
import subprocess
import sys
import tempfile

TOOL = pathlib.Path(__file__).with_name("check_layers.py")
ROWS = "[base]\nuses = []\n\n[os]\nuses = [\"base\"]\n"
GOOD = {"base/a.h": "", "os/b.cc": '#include "base/a.h"\n'}
CASES = {
    "a clean tree": (ROWS, GOOD, []),
    "an edge that is not declared": (ROWS, {**GOOD, "base/c.cc": '#include "os/b.h"\n'}, ["c.cc:1", "may not use 'os'"]),
    "an edge that nothing uses": (ROWS, {"base/a.h": "", "os/b.cc": ""}, ["declared and not used"]),
    "a cycle": (ROWS.replace("uses = []", 'uses = ["os"]'), {**GOOD, "base/c.cc": '#include "os/b.h"\n'},
                ["which is not above it"]),
    "a file in no room": (ROWS, {**GOOD, "odd/c.cc": ""}, ["lies in no room"]),
    "a room without a file": (ROWS + "\n[net]\nuses = []\n", GOOD, ["room 'net' has no file"]),
    "another room's internals": (ROWS, {**GOOD, "os/c.cc": '#include "base/internal/a.h"\n'}, ["internal/"]),
    "an include without its room": (ROWS, {**GOOD, "os/c.cc": '#include "b.h"\n'}, ["room/file.h"]),
}


def reported(rows, files):
    with tempfile.TemporaryDirectory() as folder:
        src = pathlib.Path(folder) / "src"
        for name, text in files.items():
            path = src / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        layers = src / "layers.toml"
        layers.write_text(rows)
        done = subprocess.run([sys.executable, str(TOOL), str(src), str(layers)], text=True, capture_output=True,
                              check=False)
        return done.returncode, done.stderr


def main():
    failed = 0
    for name, (rows, files, wanted) in CASES.items():
        code, said = reported(rows, files)
        if code != (1 if wanted else 0) or not all(text in said for text in wanted):
            failed += 1
            print(f"{name}: expected {wanted or 'nothing'}, got code {code}:\n{said}", file=sys.stderr)
    print(f"{len(CASES) - failed} of {len(CASES)} cases of check_layers.py hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
