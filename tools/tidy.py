#!/usr/bin/env python3
"""Holds the tree against the house rules that a compiler does not know; one line per violation.

Usage: tidy.py [ROOT]. Rules and their reasons: STYLE.md. tidy_test.py proves each rule.
"""
import pathlib
import re
import subprocess
import sys

FILE_LINES_MAX, TEST_LINES_MAX, FUNCTION_LINES_MAX, COLUMNS_MAX = 600, 900, 70, 100
BANNED_NAMES = {
    r"\bTODO\b|\bFIXME\b|\bXXX\b": "finish it or write an issue",
    r"\bclass \w*(Manager|Handler|Helper|Impl|Util)\b": "name the thing by its domain noun",
    r"\bstruct \w*(Manager|Handler|Helper|Impl|Util)\b": "name the thing by its domain noun",
    r"\bstd::(format|print|expected|source_location)\b": "GCC 12 has it not, or not safely",
    r"\busing namespace std;": "write std::",
}
# Effect calls and the places that alone may make them.
EFFECTS = {
    r"(?<![\w.>])::connect\(": ("src/os/",),
    r"(?<![\w.>:])(::)?(execve|execveat|fexecve|execvp)\(": ("src/jail/", "src/os/"),
    r"(?<![\w.>:])(::)?(clone|fork|vfork|posix_spawn|unshare|setns)\(": ("src/jail/", "src/os/"),
    r"(?<![\w.>:])::(open|openat|creat|unlink|rename|mkdir|rmdir)\(": ("src/os/", "src/jail/", "src/files/"),
    r"(?<![\w.>:])(system|popen)\(": (),
    r"\bstd::(o|i)?fstream\b": (),
    r"\bgetenv\(": ("apps/", "src/os/"),
}
MACHINE_PATHS = re.compile(r"(?<![\w.])/(root|work|home/\w+)/")
TEXT_SUFFIXES = {".h", ".cc", ".py", ".sh", ".md", ".txt", ".toml", ".cedar", ".cmake", ".mjs", ".json"}


def tracked(root):
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, text=True,
                           capture_output=True, check=True).stdout.split("\n")
    return [pathlib.PurePosixPath(name) for name in names if name and (root / name).is_file()]


def is_test(name):
    return name.stem.endswith(("_test", "_fuzz")) or name.parts[0] in ("tests", "bench") or "testing" in name.parts \
        or name.stem in ("fixture", "testing")


def functions(lines):
    """Yields (first line, length) of each function body: a brace at the end of a definition line."""
    start, depth = None, 0
    for number, line in enumerate(lines, 1):
        bare = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'|//.*', "", line)
        opens_scope = re.match(r"^\s*(namespace|class|struct|enum|extern|union)\b.*\{\s*$", bare)
        if start is None and bare.rstrip().endswith("{") and not opens_scope and ")" in bare:
            start, depth = number, 0
        if start is not None:
            depth += bare.count("{") - bare.count("}")
            if depth <= 0:
                yield start, number - start + 1
                start = None


def check_cpp(name, lines, found):
    limit = TEST_LINES_MAX if is_test(name) else FILE_LINES_MAX
    if len(lines) > limit:
        found(1, f"{len(lines)} lines; at most {limit}: find the second subject")
    for number, line in enumerate(lines, 1):
        # A long literal that cannot be broken is left to the reader.
        # A literal may stand out a little where breaking it would hide what it says.
        if len(line) > COLUMNS_MAX + (40 if is_test(name) else 20) and 'R"' not in line and name.parts[:2] != ("tests", "hostile"):
            found(number, f"{len(line)} columns; at most {COLUMNS_MAX}")
        code = line.split("//")[0]
        for pattern, places in EFFECTS.items():
            if is_test(name) or str(name).startswith(places):
                continue
            if re.search(pattern, re.sub(r'"(\\.|[^"\\])*"', '""', code)):
                found(number, f"an effect call outside its room ({', '.join(places) or 'nowhere'})")
        for pattern, reason in BANNED_NAMES.items():
            if re.search(pattern, line):
                found(number, f"banned: {reason}")
    if is_test(name):
        return
    for number, length in functions(lines):
        if length > FUNCTION_LINES_MAX:
            found(number, f"a function of {length} lines; at most {FUNCTION_LINES_MAX}")
    if name.suffix == ".h" and not (lines and lines[0].startswith("//")):
        found(1, "a header begins by saying what it is for, what not, and its thread rule")


def check_compiled(root, names, problems):
    cmake = "\n".join((root / name).read_text(encoding="utf-8") for name in names
                      if name.name == "CMakeLists.txt" or name.suffix == ".cmake")
    for name in names:
        if name.suffix != ".cc" or name.parts[0] == "src":
            continue  # src/ is compiled by room, every file of it
        folder = str(name.parent)
        known = name.name in cmake or name.stem in cmake or name.parent.name in cmake
        if not known:
            problems.append(f"{name}:1: no target compiles it ({folder})")


def check_readme(root, problems):
    readme = root / "README.md"
    if not readme.exists():
        problems.append("README.md:1: missing")
        return
    text = readme.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        for target in re.findall(r"\]\(([^)#]+)\)", line):
            if "://" not in target and not (root / target).exists():
                problems.append(f"README.md:{number}: the link {target} leads nowhere")
        for command in re.findall(r"`\./([\w./-]+)", line):
            if not (root / command).exists() and not command.startswith("build/"):
                problems.append(f"README.md:{number}: the command ./{command} does not exist")


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    problems = []
    names = tracked(root)
    for name in names:
        if name.suffix not in TEXT_SUFFIXES and name.suffix != "":
            continue
        if "testdata" in name.parts or "corpus" in name.parts or name.name == "package-lock.json":
            continue
        text = (root / name).read_text(encoding="utf-8", errors="replace")
        lines = text.splitlines()

        def found(number, what, name=name):
            problems.append(f"{name}:{number}: {what}")

        if name.name not in ("tidy.py", "tidy_test.py"):
            for number, line in enumerate(lines, 1):
                if MACHINE_PATHS.search(line) and not is_test(name):
                    found(number, "a path of one machine")
        if name.suffix in (".h", ".cc"):
            check_cpp(name, lines, found)
    check_compiled(root, names, problems)
    check_readme(root, problems)
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(f"{len(names)} files keep the house rules")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
