#!/usr/bin/env python3
"""Prints src/layers.toml as CMake: one hs_room() call a room, in the table's order."""
import sys
import tomllib

with open(sys.argv[1], "rb") as stream:
    for room, row in tomllib.load(stream).items():
        uses = " ".join("hs_" + used for used in row.get("uses", []))
        libraries = " ".join(row.get("libraries", []))
        print(f"hs_room({room} USES {uses} LIBRARIES {libraries})")
