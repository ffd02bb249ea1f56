#!/usr/bin/env python3
"""The scanner on the labelled set: precision and recall do not fall below their floor. Usage: PROGRAM"""
import pathlib
import subprocess
import sys
import tempfile

FLOOR_PRECISION, FLOOR_RECALL = "0.97", "0.95"


def main():
    here = pathlib.Path(__file__).parent
    with tempfile.TemporaryDirectory(prefix="hs-skill-set-") as folder:
        subprocess.run([sys.executable, here / "make_set.py", folder], check=True)
        done = subprocess.run([sys.argv[1], folder, FLOOR_PRECISION, FLOOR_RECALL])
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
