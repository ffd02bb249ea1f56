#!/usr/bin/env python3
"""Makes a header, a source and a test in a room: tools/new_part.py ROOM/NAME."""
import pathlib
import sys

room, name = sys.argv[1].split("/")
folder = pathlib.Path(__file__).resolve().parents[1] / "src" / room
folder.mkdir(exist_ok=True)
parts = {
    f"{name}.h": f"// What it is for:\n// What it does not protect from:\n// Threads:\n#pragma once\n\n"
                 f'#include "base/result.h"\n\nnamespace hs::{room} {{\n\n}}  // namespace hs::{room}\n',
    f"{name}.cc": f'#include "{room}/{name}.h"\n\nnamespace hs::{room} {{\n\n}}  // namespace hs::{room}\n',
    f"{name}_test.cc": f'#include "{room}/{name}.h"\n\n#include <gtest/gtest.h>\n\nnamespace hs::{room} {{\n'
                       f"namespace {{\n\n}}  // namespace\n}}  // namespace hs::{room}\n",
}
for file, text in parts.items():
    path = folder / file
    if path.exists():
        print(f"{path} is there already; nothing was changed")
        sys.exit(1)
for file, text in parts.items():
    (folder / file).write_text(text)
    print(folder / file)
print(f"If {room} is new, give it a row in src/layers.toml.")
