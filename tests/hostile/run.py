#!/usr/bin/env python3
"""Runs every hostile program in real sandboxes and checks its verdict; see README.md here.

Usage: run.py BUILD_FOLDER [NAME…] [--table FILE]   (BUILD_FOLDER holds bin/ and hostile/)
Each attack runs as root (when run by root) and as an ordinary user, with Landlock whole, capped at
ABI 2 and at 0, and once as a recorded command (what it asks for is told); it must be stopped each time. Then it runs once with the walls of its first line
taken away, in the launcher's test build, and must succeed. Exit code 0 when all held, 77 when no
sandbox can be made here.
"""
import concurrent.futures
import ctypes
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

NOBODY = 65534
ABIS = (99, 2, 0)
HERE = pathlib.Path(__file__).resolve().parent
FIRST_LINE = re.compile(r"// verdict: blocked; walls: (?P<walls>[a-z_ ]+)(?P<rest>(; .*)?)$")


class Attack:
    def __init__(self, source):
        self.name = source.stem
        first = source.read_text(encoding="utf-8").splitlines()[0]
        found = FIRST_LINE.match(first)
        if not found:
            raise SystemExit(f"{source}: the first line must state the verdict and the walls")
        self.walls = [wall for wall in found["walls"].split() if wall != "none"]
        parts = [part.strip() for part in found["rest"].split(";") if part.strip()]
        options = dict(part.partition(": ")[::2] for part in parts)
        self.shown_as = options.get("shown as", "")
        self.also_without = options.get("also without", "").split()
        self.limit = options.get("limit", "").split()
        self.tamper = options.get("tamper", "")
        self.network = "network" in options
        self.own_loopback = "own loopback" in options
        self.ends = options.get("ends", "exited")
        self.leaves = options.get("leaves", "")
        self.needs_door = "door" in options

    def close_missing_door(self, build):
        """Where the kernel itself lacks what is attacked, the attack still runs, and proves no wall."""
        if not self.needs_door:
            return
        bare = subprocess.run([build / "hostile/attacks" / self.name], capture_output=True, check=False)
        if bare.returncode != 0:
            print(f"{self.name}: no such door in this kernel (outside any sandbox it ended with "
                  f"{bare.returncode}); its wall is not proven here")
            self.walls, self.ends = [], "exited"


class World:
    """What lies and lives on the host during the attacks of one role."""

    def __init__(self, base, role):
        self.role = role
        self.count = 0
        self.base = pathlib.Path(base) / role
        self.base.mkdir(mode=0o777)
        self.base.chmod(0o777)
        as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        self.victim = subprocess.Popen(["/bin/sleep", "3600"], **as_nobody)
        self.listeners = [self.listen(socket.AF_INET, "127.0.0.1"), self.listen(socket.AF_INET6, "::1")]
        self.abstract = f"hostile-{os.getpid()}-{role}"
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind("\0" + self.abstract)
        self.unix.listen(8)
        self.shm_key = 0x48530000 + (os.getpid() & 0x7FFF) + (0x8000 if role == "root" else 0)
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.shm = self.libc.shmget(self.shm_key, 4096, 0o1666)

    @staticmethod
    def listen(family, address):
        listener = socket.socket(family)
        listener.bind((address, 0))
        listener.listen(64)
        return listener

    def close(self):
        self.victim.kill()
        self.victim.wait()
        self.libc.shmctl(self.shm, 0, None)

    def folder(self, name):
        """A fresh tree for one run, open to everybody: only the sandbox's walls protect it."""
        top = self.base / name
        files = {"project/.env": "secret", "project/deep/keys/id_rsa": "secret",
                 "project/settings": "secret", "project/readme": "text", "other/secret": "secret",
                 "readonly/file": "text", "home/.local/state/hardshell/record": "secret",
                 "script": "#!/bin/sh\necho staged\n"}
        for path, text in files.items():
            file = top / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o666)
        (top / "project/settings.link").symlink_to("settings")
        for folder in [top, *(path for path in top.rglob("*") if path.is_dir())]:
            folder.chmod(0o777)
        if os.geteuid() == 0:
            for path in [top, *top.rglob("*")]:
                # As root the project stays root's own: it is then shown through an id map.
                if self.role == "user" or "project" not in path.parts:
                    os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        return top


def command_for(build, world, attack, launcher, options, top):
    attacks = build / "hostile/attacks"
    command = [str(build / "hostile/run_one"), "--launcher", str(build / "bin" / launcher)]
    for option, value in options:
        command += ["--launcher-option", option, value]
    state = top / "home/.local/state/hardshell"
    command += ["--launcher-option", "--hide", str(state)]
    for access, path in (("rw", top / "project"), ("ro", top / "readonly"), ("rw", top / "home"),
                         ("ro", attacks)):
        command += ["--mount", access, str(path), str(path)]
    command += ["--mask", str(top / "project/.env"), "--mask-name", "id_rsa",
                "--mask-name", "*.link", "--cwd", str(top / "project"),
                "--stage", "/run/hardshell/staged/script", str(top / "script"),
                "--limit", "wall_ms", "20000"]
    if attack.network:
        command += ["--network"]
    if attack.limit:
        command += ["--limit", *attack.limit]
    if attack.tamper:
        command += ["--tamper", attack.tamper]
    ports = [str(listener.getsockname()[1]) for listener in world.listeners]
    facts = {"PROJECT": top / "project", "OTHER": top / "other/secret", "STATE": state,
             "READONLY": top / "readonly", "VICTIM": world.victim.pid, "PORT": ports[0],
             "PORT6": ports[1], "ABSTRACT": world.abstract, "SHM": world.shm_key}
    for name, value in facts.items():
        command += ["--env", "HOSTILE_" + name, str(value)]
    command += ["--", str(attacks / attack.name)]
    if os.geteuid() == 0 and world.role == "user":
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
    return command


def run(build, world, attack, launcher, options, label, recorded=False):
    """(harm done, how it ended, all output)"""
    top = world.folder(f"{attack.name}-{label}")
    command = command_for(build, world, attack, launcher, options, top)
    if recorded:
        command.insert(command.index("--cwd"), "--recorded")
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120,
                          check=False)
    output = done.stdout + done.stderr
    found = re.search(r"^outcome: (\w+):", done.stderr, re.MULTILINE)
    ending = found[1] if found else "nothing"
    harm = done.returncode == 0
    if attack.leaves:
        time.sleep(1.0)
        harm = harm or (top / "project" / attack.leaves).exists()
    shutil.rmtree(top, ignore_errors=True)
    return harm, ending, output


def check_blocked(build, world, attack, abi, recorded=False):
    options = [("--landlock-abi-max", str(abi))]
    label = "recorded" if recorded else f"abi{abi}"
    harm, ending, output = run(build, world, attack, "hardshell-launcher", options, label, recorded)
    where = f"{attack.name} as {world.role}, " + ("recorded" if recorded else f"Landlock ABI at most {abi}")
    if harm:
        return f"{where}: the attack SUCCEEDED\n{output}"
    expected = {attack.ends} if attack.ends != "exited" else {"exited", "signalled", "out_of_memory"}
    if ending not in expected:
        return f"{where}: ended as \"{ending}\", expected {sorted(expected)}\n{output}"
    return None


def check_wall(build, worlds, attack):
    if not attack.walls:
        return None
    role = attack.shown_as or ("root" if "root" in worlds else "user")
    if role not in worlds:
        return None
    options = [("--without", wall) for wall in attack.walls + attack.also_without]
    harm, ending, output = run(build, worlds[role], attack, "hardshell-launcher-test", options, "bare")
    if harm:
        return None
    return (f"{attack.name} as {role} without {' '.join(attack.walls)}: still stopped "
            f"({ending}), so the test proves nothing\n{output}")


def main():
    arguments = sys.argv[1:]
    table = None
    if "--table" in arguments:
        at = arguments.index("--table")
        table = pathlib.Path(arguments[at + 1])
        del arguments[at:at + 2]
    build, wanted = pathlib.Path(arguments[0]).resolve(), set(arguments[1:])
    attacks = [Attack(source) for source in sorted(HERE.glob("*.cc")) if source.stem != "run_one"]
    attacks = [attack for attack in attacks if not wanted or attack.name in wanted]
    for attack in attacks:
        attack.close_missing_door(build)
    roles = ["root", "user"] if os.geteuid() == 0 else ["user"]
    base = tempfile.mkdtemp(prefix="hostile-")
    os.chmod(base, 0o755)
    worlds = {role: World(base, role) for role in roles}
    failures, rows = [], {}
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            jobs = {}
            for attack in attacks:
                for role in roles:
                    for abi in ABIS:
                        jobs[pool.submit(check_blocked, build, worlds[role], attack, abi)] = (
                            attack, f"{role}, ABI {'all' if abi == 99 else abi}")
                if not attack.own_loopback:
                    jobs[pool.submit(check_blocked, build, worlds["user"], attack, ABIS[0], True)] = (attack, "recorded")
                jobs[pool.submit(check_wall, build, worlds, attack)] = (attack, "walls away")
            for job in concurrent.futures.as_completed(jobs):
                attack, column = jobs[job]
                problem = job.result()
                rows.setdefault(attack.name, {})[column] = problem is None
                if problem:
                    failures.append(problem)
    finally:
        for world in worlds.values():
            world.close()
        shutil.rmtree(base, ignore_errors=True)
    for failure in sorted(failures):
        print(failure, file=sys.stderr)
    if table:
        write_table(table, attacks, rows)
    runs = sum(len(row) for row in rows.values())
    print(f"{len(attacks)} attacks, {runs} runs, {len(failures)} wrong")
    return 1 if failures else 0


def write_table(path, attacks, rows):
    columns = sorted({column for row in rows.values() for column in row})
    lines = ["# Hostile programs: last full run", "",
             "Written by `tests/hostile/run.py BUILD --table docs/hostile-results.md`; \"walls away: held\" means that the attack",
             "succeeded once its walls were taken away, as it must. [The same under sandbox-runtime](hostile-peer.md).", ""]
    lines += ["| attack | walls | " + " | ".join(columns) + " |", "|---" * (len(columns) + 2) + "|"]
    for attack in attacks:
        word = {True: "held", False: "FAILED", None: "–"}
        marks = [word[rows[attack.name].get(column)] for column in columns]
        lines.append(f"| {attack.name} | {' '.join(attack.walls) or '–'} | " + " | ".join(marks) + " |")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
