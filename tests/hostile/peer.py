#!/usr/bin/env python3
"""Runs the hostile programs under npm's @anthropic-ai/sandbox-runtime (srt), as an ordinary user, and writes a table.

Usage: peer.py BUILD_FOLDER SRT_PROGRAM [--table FILE]
SRT_PROGRAM is node_modules/.bin/srt of an installation that user `nobody` can read; srt needs bubblewrap, socat and ripgrep.
It is told the same: no host is allowed, the project and the home may be written, the state folder, the other project and
the masked files may not be read. What is about our own protocol (tickets, staged files, hashes) or about limits that srt does
not have is not run, and said. Not part of ./test: it needs programs that a machine may not have.

held: the program did not get what it wanted. reached: it did, by its own measure, which is that of our walls (a call that is
refused, a folder that cannot even be listed); that alone harms nobody. HARM: afterwards a file of the host outside of what may be
written was changed, the victim's process was gone, or something was left running.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import run as ours

# What srt's documentation does not claim; a fork bomb without a limit would be the machine's end.
NO_LIMITS = re.compile(r"limit|time")
OWN_PROTOCOL = {"change_staged", "changed_executable", "changed_specification", "forged_ticket", "environment",
                "inherited_descriptors", "fork_bomb", "memory_bomb", "memory_bomb_in_parts", "reaper_memory"}


def settings_for(top):
    state = top / "home/.local/state/hardshell"
    return {"network": {"allowedDomains": [], "deniedDomains": []},
            "filesystem": {"denyRead": [str(state), str(top / "other"), str(top / "project/.env"),
                                        str(top / "project/settings"), str(top / "project/deep/keys/id_rsa")],
                           "allowWrite": [str(top / "project"), str(top / "home")],
                           "denyWrite": [str(top / "readonly"), str(state)]}}


def host_state(world, top):
    files = [top / "home/.local/state/hardshell/record", top / "other/secret", top / "readonly/file"]
    return [file.read_bytes() if file.exists() else None for file in files] + [world.victim.poll()]


def run(build, srt, world, attack):
    """held, reached, HARM, or how it ended."""
    top = world.folder(attack.name + "-srt")
    settings = top / "srt.json"
    settings.write_text(json.dumps(settings_for(top)))
    settings.chmod(0o644)
    facts = {"PROJECT": top / "project", "OTHER": top / "other/secret", "STATE": top / "home/.local/state/hardshell",
             "READONLY": top / "readonly", "VICTIM": world.victim.pid, "PORT": world.listeners[0].getsockname()[1],
             "PORT6": world.listeners[1].getsockname()[1], "ABSTRACT": world.abstract, "SHM": world.shm_key}
    environment = {"HOME": str(top / "home"), "PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": "/tmp",
                   **{"HOSTILE_" + name: str(value) for name, value in facts.items()}}
    command = [str(srt), "--settings", str(settings), str(build / "hostile/attacks" / attack.name)]
    if os.geteuid() == 0:
        command = ["setpriv", f"--reuid={ours.NOBODY}", f"--regid={ours.NOBODY}", "--clear-groups", *command]
    before = host_state(world, top)
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=False,
                              env=environment, cwd=top / "project")
    except subprocess.TimeoutExpired:
        return "did not end in 60 s"
    harm = host_state(world, top) != before
    if attack.leaves:
        time.sleep(1.0)
        harm = harm or (top / "project" / attack.leaves).exists()
    shutil.rmtree(top, ignore_errors=True)
    if harm:
        return "HARM"
    known = done.returncode in (0, 10) or done.returncode > 128 or done.returncode < 0
    if not known:
        return f"ended with {done.returncode}"
    return "reached" if done.returncode == 0 else "held"


def main():
    arguments = sys.argv[1:]
    table = None
    if "--table" in arguments:
        at = arguments.index("--table")
        table = pathlib.Path(arguments[at + 1])
        del arguments[at:at + 2]
    build, srt = pathlib.Path(arguments[0]).resolve(), pathlib.Path(arguments[1]).absolute()
    attacks = [ours.Attack(source) for source in sorted(ours.HERE.glob("*.cc")) if source.stem != "run_one"]
    base = tempfile.mkdtemp(prefix="hostile-peer-")
    os.chmod(base, 0o755)
    world = ours.World(base, "user")
    rows = []
    try:
        for attack in attacks:
            limited = any(NO_LIMITS.search(wall) for wall in attack.walls) or attack.limit
            if attack.name in OWN_PROTOCOL or attack.tamper or limited:
                rows.append((attack.name, "not run: " + ("a limit that it does not have" if limited else
                                                         "about our own protocol or limits")))
                continue
            if world.victim.poll() is not None:
                world.victim = subprocess.Popen(["/bin/sleep", "3600"], user=ours.NOBODY, group=ours.NOBODY,
                                                extra_groups=[])
            rows.append((attack.name, run(build, srt, world, attack)))
            print(*rows[-1], flush=True)
    finally:
        world.close()
        shutil.rmtree(base, ignore_errors=True)
    count = lambda what: sum(verdict.startswith(what) for _, verdict in rows)
    total = f"{len(rows)} attacks: {count('held')} held, {count('reached')} reached, {count('HARM')} HARM, {count('not run')} not run"
    print(total)
    if table:
        version = json.loads((srt.resolve().parent.parent / "package.json").read_text())["version"]
        lines = ["# The hostile programs under sandbox-runtime", "",
                 "Written by `tests/hostile/peer.py BUILD SRT --table docs/hostile-peer.md`, beside [our own](hostile-results.md): the same programs,",
                 "told the same. *reached*: the program got what it wanted by its own measure, which is that of our walls (a call that is",
                 "refused, a folder that cannot even be listed); that alone harms nobody. *HARM*: a file of the host outside of what may be",
                 "written was changed, another process was ended, or something was left running. It is another kind of tool: it shows the host's own",
                 "tree, and promises no limits on memory, processes or files.", ""]
        lines += [f"| attack | sandbox-runtime {version} |", "|---|---|"]
        lines += [f"| {name} | {verdict} |" for name, verdict in rows]
        table.write_text("\n".join(lines) + f"\n\n{total}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
