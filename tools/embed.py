#!/usr/bin/env python3
"""Writes the files of a folder as a C++ source: embed.py OUTPUT FOLDER FILE…

The source defines hs::policy::embedded_files() of src/policy/embedded.h. Files are named relative to
the folder; each must be UTF-8 text.
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
    rows = []
    for name in sorted(pathlib.Path(path).relative_to(folder).as_posix() for path in sys.argv[3:]):
        text = (folder / name).read_text(encoding="utf-8")
        if ')__hs"' in text:
            sys.exit(f"{name}: holds the delimiter of the literal")
        rows.append(f'    EmbeddedFile{{"{name}",\n{literal(text)}}},\n')
    output.write_text(
        '#include <array>\n\n#include "policy/embedded.h"\n\nnamespace hs::policy {\n'
        "namespace {\n\n"
        f"constexpr std::array<EmbeddedFile, {len(rows)}> files = {{{{\n"
        + "".join(rows)
        + "}};\n\n}  // namespace\n\n"
        "std::span<const EmbeddedFile> embedded_files() { return files; }\n\n"
        "}  // namespace hs::policy\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
