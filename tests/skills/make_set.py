#!/usr/bin/env python3
"""Writes the labelled set: make_set.py FOLDER [SEED]. FOLDER/malicious/NAME/… and FOLDER/benign/NAME/…

The same seed always gives the same set. Nothing of it is ever run.
"""
import base64
import json
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


def write_written(folder):
    """Skills written one by one before the rules were read: they tell whether rules generalise."""
    lines = (pathlib.Path(__file__).parent / "written.jsonl").read_text(encoding="utf-8")
    for number, line in enumerate(lines.splitlines()):
        skill = json.loads(line)
        # The number keeps equal names apart; the scanner notes a name that differs, and no more.
        root = folder / skill["label"] / f"{skill['name']}-w{number}"
        files = {path: text.encode() for path, text in skill["files"].items()}
        for path, text in skill.get("binary", {}).items():
            files[path] = base64.b64decode(text)
        for path, data in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)


def main():
    folder, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 7
    write(folder / "malicious", malicious.make(random.Random(seed), COUNT_EACH))
    write(folder / "benign", benign.make(random.Random(seed + 1), COUNT_EACH))
    write_written(folder)


if __name__ == "__main__":
    main()
