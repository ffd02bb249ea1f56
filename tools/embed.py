#!/usr/bin/env python3
"""Writes the files of a folder as a C++ source: embed.py OUTPUT FOLDER FILE… [--as NAMESPACE FUNCTION HEADER]

The source defines hs::policy::embedded_files() of src/policy/embedded.h, or the function that is named.
Files are named relative to the folder; each must be UTF-8 text.
"""
import pathlib
import sys

# MSVC-free compilers take long literals, but raw string pieces keep the source readable.
PIECE_BYTES = 8000


def literal(text):
    pieces = []
    while text:
        piece, text = text[:PIECE_BYTES], text[PIECE_BYTES:]
        pieces.append('R"__hs(' + piece + ')__hs"')
    return "\n".join(pieces) or '""'


def main():
    output, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    given, space, function, header = sys.argv[3:], "hs::policy", "embedded_files", "policy/embedded.h"
    if "--as" in given:
        at = given.index("--as")
        given, (space, function, header) = given[:at], given[at + 1:]
    rows = []
    for name in sorted(pathlib.Path(path).relative_to(folder).as_posix() for path in given):
        text = (folder / name).read_text(encoding="utf-8")
        if ')__hs"' in text:
            sys.exit(f"{name}: holds the delimiter of the literal")
        rows.append(f'    EmbeddedFile{{"{name}",\n{literal(text)}}},\n')
    output.write_text(
        f'#include <array>\n\n#include "{header}"\n\nnamespace {space} {{\n'
        "namespace {\n\nusing hs::policy::EmbeddedFile;\n\n"
        f"constexpr std::array<EmbeddedFile, {len(rows)}> files = {{{{\n"
        + "".join(rows)
        + "}};\n\n}  // namespace\n\n"
        f"std::span<const hs::policy::EmbeddedFile> {function}() {{ return files; }}\n\n"
        f"}}  // namespace {space}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
