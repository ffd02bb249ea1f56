#!/usr/bin/env python3
"""Holds every include of src/ against src/layers.toml; exits 1 with one line per violation.

Usage: check_layers.py SRC LAYERS [--graph]   (--graph prints the room graph as Markdown)
The order of the rows proves that there is no cycle: a room may name only rooms above it.
"""
import pathlib
import re
import sys
import tomllib

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def read_rooms(layers):
    with open(layers, "rb") as stream:
        table = tomllib.load(stream)
    problems, seen = [], []
    for room, row in table.items():
        for used in row.get("uses", []):
            if used not in seen:
                problems.append(f"{layers}: room '{room}' uses '{used}', which is not above it")
        seen.append(room)
    return table, problems


def check_include(path, room, target, rooms, used):
    if target.startswith(".") or "/" not in target:
        return f'write the include as "room/file.h", not "{target}"'
    other = target.split("/")[0]
    if other not in rooms:
        return f'"{target}" names no room of layers.toml'
    if other == room:
        return None
    if "/internal/" in target:
        return f'"{target}" reaches into another room\'s internal/'
    if other not in rooms[room].get("uses", []):
        return f"room '{room}' may not use '{other}'; add the edge to layers.toml if the design allows it"
    used.add((room, other))
    return None


def check(src, rooms):
    problems, used, present = [], set(), set()
    for path in sorted(src.rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        room = path.relative_to(src).parts[0]
        if len(path.relative_to(src).parts) < 2 or room not in rooms:
            problems.append(f"{path}: lies in no room of layers.toml")
            continue
        present.add(room)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = INCLUDE.match(line)
            problem = found and check_include(path, room, found[1], rooms, used)
            if problem:
                problems.append(f"{path}:{number}: {problem}")
    for room in rooms:
        if room not in present:
            problems.append(f"room '{room}' has no file; remove its row")
        for other in rooms[room].get("uses", []):
            if (room, other) not in used:
                problems.append(f"edge '{room}' -> '{other}' is declared and not used; remove it")
    return problems


def main():
    src, layers = pathlib.Path(sys.argv[1]), sys.argv[2]
    rooms, problems = read_rooms(layers)
    if "--graph" in sys.argv:
        for room, row in rooms.items():
            print(f"| {room} | {' '.join(row.get('uses', [])) or '–'} |")
        return 0
    problems += check(src, rooms)
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(f"{len(rooms)} rooms, every edge declared and used")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
