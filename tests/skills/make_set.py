#!/usr/bin/env python3
"""Writes the labelled set: make_set.py FOLDER [SEED]. FOLDER/malicious/NAME/… and FOLDER/benign/NAME/…

The same seed always gives the same set. Nothing of it is ever run.
"""
import pathlib
import random
import sys

import benign
import malicious

COUNT_EACH = 200


def write(folder, skills):
    for name, files in skills:
        for path, text in files.items():
            file = folder / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")


def main():
    folder, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 7
    write(folder / "malicious", malicious.make(random.Random(seed), COUNT_EACH))
    write(folder / "benign", benign.make(random.Random(seed + 1), COUNT_EACH))


if __name__ == "__main__":
    main()
