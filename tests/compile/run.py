#!/usr/bin/env python3
"""No permit, no effect, by the compiler: each attempt of attempts.cc must be refused.

Usage: run.py COMPILER SRC. The file is compiled once without any attempt, which must succeed, and
once for each ATTEMPT_n, which must fail with the message that stands beside it."""
import pathlib
import re
import subprocess
import sys

compiler, src = sys.argv[1], sys.argv[2]
attempts = pathlib.Path(__file__).with_name("attempts.cc")
failed = 0


def compile_with(name):
    command = [compiler, "-std=c++23", "-fsyntax-only", f"-I{src}", "-include", f"{src}/../cmake/std.h"]
    if name:
        command.append(f"-D{name}")
    return subprocess.run(command + [str(attempts)], capture_output=True, text=True, check=False)


honest = compile_with(None)
if honest.returncode != 0:
    print(f"the file does not compile without an attempt:\n{honest.stderr[:3000]}")
    sys.exit(1)
for name, wanted in re.findall(r"#ifdef (ATTEMPT_\w+)  // refused: (.+)", attempts.read_text()):
    done = compile_with(name)
    refused = done.returncode != 0 and wanted in done.stderr
    print(f"{'refused' if refused else 'COMPILES'}  {name}")
    if not refused:
        print(done.stderr[:2000])
    failed += not refused
sys.exit(1 if failed else 0)
