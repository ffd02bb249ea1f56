"""No secret outside keeper and egress: after a full run with planted values every file, every process's
environment and arguments, and the memory of every process of Hardshell but those two is searched.

That the search finds what is there is shown first, with values planted where they must not be."""
import base64
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

import harness
import network_test

MODEL_KEY = "sk-planted-model-0123456789-XYZ"
DEPLOY_KEY = "tok_planted_deploy+0123456789/XYZ"
PASSPHRASE = "planted passphrase of several words"
CHUNK = 1 << 20


def spellings(value):
    raw = value if isinstance(value, bytes) else value.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw)}
    found.add(base64.urlsafe_b64encode(raw).rstrip(b"="))
    # Inside other text base64 begins at one of three places.
    found.update(base64.b64encode(b"x" * skip + raw)[4 if skip else 0:-4] for skip in (1, 2))
    found.add(urllib.parse.quote(raw, safe="").encode())
    found.add(raw.decode("latin-1").encode("utf-16-le"))
    return found


class Search:
    def __init__(self, planted):
        self.needles = {name: spellings(value) for name, value in planted.items()}
        self.longest = max(len(text) for texts in self.needles.values() for text in texts)
        self.searched = 0

    def in_bytes(self, data):
        return {name for name, texts in self.needles.items() if any(text in data for text in texts)}

    def in_stream(self, read):
        found, tail = set(), b""
        while piece := read(CHUNK):
            self.searched += len(piece)
            found |= self.in_bytes(tail + piece)
            tail = piece[-self.longest:]
        return found

    def in_files(self, folder):
        hits = []
        for path in sorted(pathlib.Path(folder).rglob("*")):
            hits += [(name, str(path)) for name in self.in_bytes(str(path).encode())]
            if not path.is_file() or path.is_symlink():
                continue
            with path.open("rb") as stream:
                hits += [(name, str(path)) for name in self.in_stream(stream.read)]
        return hits

    def in_words_of_processes(self, spared):
        hits = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            if int(entry.name) in spared:
                continue
            for part in ("environ", "cmdline"):
                try:
                    data = (entry / part).read_bytes()
                except OSError:
                    continue  # it has ended, or is another user's
                self.searched += len(data)
                hits += [(name, f"{entry}/{part}") for name in self.in_bytes(data)]
        return hits

    def in_memory(self, pid):
        hits = []
        maps = pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for line in maps:
                fields = line.split()
                if "r" not in fields[1] or fields[-1] in ("[vvar]", "[vsyscall]"):
                    continue
                begin, end = (int(text, 16) for text in fields[0].split("-"))

                def read(size, place=[begin], end=end):
                    wanted = min(size, end - place[0])
                    if wanted <= 0:
                        return b""
                    memory.seek(place[0])
                    try:
                        piece = memory.read(wanted)
                    except OSError:
                        return b""
                    place[0] += len(piece)
                    return piece

                hits += [(name, f"memory of {pid}: {line}") for name in self.in_stream(read)]
        return hits


def children_of(pid):
    found = [pid]
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(") ")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == pid:
            found += children_of(int(entry.parent.name))
    return found


def may_read_memory(pid):
    """What is not dumpable is read by the system's root alone."""
    try:
        with open(f"/proc/{pid}/mem", "rb"):
            return True
    except OSError:
        return False


class TheSearchItself(unittest.TestCase):
    """It must be able to fail: each place, with a value in it."""

    def setUp(self):
        self.search = Search({"planted": DEPLOY_KEY})
        self.folder = tempfile.mkdtemp(dir="/var/tmp")
        self.addCleanup(shutil.rmtree, self.folder)

    def child(self, *command, env=None, text=""):
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                   env=env or {"PATH": os.environ["PATH"]})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        process.stdin.write(text)
        process.stdin.flush()
        return process

    def test_files_in_every_spelling_and_across_pieces(self):
        path = pathlib.Path(self.folder) / "file"
        for spelling in spellings(DEPLOY_KEY):
            for before in (0, 5, CHUNK - 7):
                path.write_bytes(b"x" * before + spelling + b"y")
                self.assertEqual(self.search.in_files(self.folder), [("planted", str(path))], spelling)
        for text in ("curl -u x:", "longer:user:"):
            path.write_bytes(b"Basic " + base64.b64encode((text + DEPLOY_KEY).encode()))
            self.assertTrue(self.search.in_files(self.folder), text)
        path.write_bytes(b"nothing of the kind")
        self.assertEqual(self.search.in_files(self.folder), [])
        path.rename(path.parent / DEPLOY_KEY.replace("/", "").upper())
        self.assertEqual(self.search.in_files(self.folder), [])

    def test_environments_and_arguments(self):
        self.assertEqual(self.search.in_words_of_processes([]), [])
        one = self.child("sleep", "60", env={"PATH": os.environ["PATH"], "TOKEN": DEPLOY_KEY})
        two = self.child("sh", "-c", "sleep 60; true", DEPLOY_KEY)
        time.sleep(0.3)
        self.assertEqual({place for _, place in self.search.in_words_of_processes([])} &
                         {f"/proc/{one.pid}/environ", f"/proc/{two.pid}/cmdline"},
                         {f"/proc/{one.pid}/environ", f"/proc/{two.pid}/cmdline"})
        self.assertEqual([place for _, place in self.search.in_words_of_processes([one.pid, two.pid])
                          if str(one.pid) in place], [])

    def test_memory(self):
        code = "import sys; v = sys.stdin.readline().strip(); print('has', flush=True); sys.stdin.readline()"
        process = self.child(sys.executable, "-c", code, text=DEPLOY_KEY + "\n")
        self.assertEqual(process.stdout.readline(), "has\n")
        self.assertTrue(self.search.in_memory(process.pid))
        other = self.child(sys.executable, "-c", code, text="another\n")
        self.assertEqual(other.stdout.readline(), "has\n")
        self.assertEqual(self.search.in_memory(other.pid), [])


class FullRun(network_test.Network):
    def setUp(self):
        self.models = harness.FakeModels(MODEL_KEY)
        self.addCleanup(self.models.close)
        self.preset = harness.with_model(self.models)
        super().setUp()
        self.said = ""

    def cli(self, *arguments, **options):
        done = self.hardshell.cli(*arguments, **options)
        self.said += done.stdout + done.stderr
        return done

    def work(self):
        """Everything that touches a secret: set, list, a model, tools, a sandbox's request that is echoed."""
        self.cli("secret", "set", "fake-key", stdin=MODEL_KEY + "\n")
        self.cli("secret", "set", "deploy", "--host", "api.example.com", stdin=DEPLOY_KEY + "\n")
        self.master = (self.hardshell.state / "master.key").read_bytes()
        self.cli("key", "change", "--to", "passphrase", stdin=PASSPHRASE + "\n")
        self.hardshell.stop()
        self.hardshell.send("list the files here", check=False)
        self.cli("key", "unlock", stdin=PASSPHRASE + "\n")
        self.models.script(harness.call("shell_run", argv=["env"]), {"reply": [{"text": "what the environment says"}]})
        self.cli("send", "what is in the environment?", "--session", "s", check=False)
        self.models.script({"reply": [{"text": "hello"}]})
        self.cli("send", "hello", "--session", "s")
        done = self.run_in("sh", "-c", 'curl -sS -H "Authorization: Bearer $HARDSHELL_SECRET_DEPLOY" '
                           "https://api.example.com/echo; env")
        self.said += done.stdout + done.stderr
        seen = network_test.WORLD.api.asked("/echo")
        self.assertEqual(seen[-1]["headers"]["Authorization"], "Bearer " + DEPLOY_KEY)
        self.cli("send", "run env", "--session", "t", check=False)
        for command in (("secret", "list"), ("config", "get"), ("status",), ("sessions", "list"), ("key", "show"),
                        ("audit", "tail", "-n", "500"), ("sessions", "show", "s"),
                        ("audit", "export", str(self.hardshell.home / "exported"))):
            self.cli(*command)
            self.cli(*command[:2], "--json", check=False) if command[0] != "audit" else None
        self.assertGreaterEqual(self.models.stats()["requests"], 1)

    def test_nothing_is_found_outside_keeper_and_egress(self):
        self.work()
        lasting = self.hardshell.background("sandbox", "run", "--", "sleep", "120")
        self.addCleanup(lasting.communicate)
        self.addCleanup(lasting.terminate)
        time.sleep(1)
        search = Search({"model key": MODEL_KEY, "deploy key": DEPLOY_KEY, "passphrase": PASSPHRASE,
                         "master key": self.master})
        self.assertEqual(search.in_bytes(self.said.encode()), set(), "what the commands have printed")
        self.assertEqual(search.in_files(self.hardshell.home), [])
        # The fake model server is the outside: it is told the key as an argument.
        self.assertEqual(search.in_words_of_processes([self.models.process.pid]), [])
        members = self.hardshell.processes()
        spared = {members["hardshell-keeper"], members["hardshell-egress"]}
        searched = [pid for pid in [*children_of(members["hardshelld"]), *children_of(lasting.pid)]
                    if pid not in spared]
        self.assertGreaterEqual(len(searched), 4, "daemon, launcher, command line and sandbox")
        if not may_read_memory(members["hardshelld"]):
            for pid in members.values():
                with self.assertRaises(OSError):  # not dumpable: nobody of this user reads it either
                    open(f"/proc/{pid}/mem", "rb").close()
            self.skipTest("only root reads other processes' memory; they are shut to this user")
        before = search.searched
        for pid in searched:
            self.assertEqual(search.in_memory(pid), [])
        self.assertGreater(search.searched - before, 10 << 20)
        # The wall that is measured: what is searched is really the memory in which work was done.
        self.assertTrue(Search({"word": "hardshell"}).in_memory(members["hardshelld"]))


if __name__ == "__main__":
    if network_test.ALONE not in os.environ:
        network_test.enter_namespace()
    network_test.WORLD = network_test.World()
    unittest.main(verbosity=2)
