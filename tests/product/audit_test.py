"""The record, end to end: proofs, copies, search, witnesses, restored snapshots, forks, full disks."""
import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import harness

VERIFY = harness.SOURCE / "tools" / "verify_log.py"


def verify_independently(folder, *more):
    done = subprocess.run([sys.executable, str(VERIFY), str(folder), *more], text=True, capture_output=True)
    return done.returncode == 0, done.stdout


class Evidence(unittest.TestCase):
    def setUp(self):
        self.hardshell = harness.Installation()
        self.addCleanup(self.hardshell.close)
        self.hardshell.send("read README.md")

    def test_a_proof_holds_elsewhere_and_not_when_it_is_changed(self):
        event = [e for e in self.hardshell.events() if e["kind"] == "decision"][0]
        proof = self.hardshell.home / "e.tlog-proof"
        proof.write_text(self.hardshell.cli("audit", "prove", str(event["index"])).stdout)
        key = self.hardshell.json("audit", "keys")["log_key"]
        elsewhere = harness.Installation()
        self.addCleanup(elsewhere.close)
        held = elsewhere.json("audit", "check-proof", str(proof), "--log-key", key)
        self.assertTrue(held["holds"])
        self.assertEqual(held["event"]["decision"], event["decision"])
        lines = proof.read_text().split("\n")
        leaf = base64.b64decode(lines[1].split(" ")[1]).replace(b'"allow"', b'"deny!"')
        lines[1] = "extra " + base64.b64encode(leaf).decode()
        proof.write_text("\n".join(lines))
        self.assertNotEqual(elsewhere.cli("audit", "check-proof", str(proof), "--log-key", key,
                                          check=False).returncode, 0)
        other = elsewhere.json("audit", "keys")["log_key"]
        self.assertNotEqual(key, other)

    def test_a_copy_verifies_in_both_implementations_while_the_log_goes_on(self):
        folder = self.hardshell.home / "copy"
        load = self.hardshell.background("send", "list the files here")
        self.assertTrue(self.hardshell.json("audit", "export", str(folder))["verified"])
        load.communicate(timeout=30)
        keys = self.hardshell.json("audit", "keys")
        good, said = verify_independently(folder, "--log-key", keys["log_key"], "--genesis-key", keys["genesis_key"])
        self.assertTrue(good, said)
        self.assertEqual(self.hardshell.cli("audit", "export", str(folder), check=False).returncode, 1)
        bundle = sorted((folder / "tile/entries").rglob("*"))[-1]
        changed = bytearray(bundle.read_bytes())
        changed[40] ^= 1
        bundle.write_bytes(changed)
        self.assertFalse(verify_independently(folder)[0])
        self.assertEqual(self.hardshell.cli("audit", "verify", str(folder), check=False).returncode, 1)

    def test_search_by_what_was_done_and_export_as_lines(self):
        self.hardshell.send("run uname -a")
        found = self.hardshell.json("audit", "search", "--file", "README.md", "--kind", "decision")["events"]
        self.assertTrue(found)
        self.assertTrue(all("README.md" in json.dumps(e) for e in found))
        ran = self.hardshell.json("audit", "search", "--tool", "uname")["events"]
        self.assertIn("effect.ended", [e["kind"] for e in ran])
        self.assertEqual(self.hardshell.json("audit", "search", "--person", "nobody")["events"], [])
        self.assertEqual(self.hardshell.json("audit", "search", "--to", "2020-01-01")["events"], [])
        self.assertNotEqual(self.hardshell.cli("audit", "search", "--from", "yesterday", check=False).returncode, 0)
        for form in ("csv", "jsonl"):
            path = self.hardshell.home / f"out.{form}"
            count = self.hardshell.json("audit", "export", str(path), "--format", form, "--tool", "run")["events"]
            self.assertGreater(count, 0)
            self.assertEqual(len(path.read_text().splitlines()), count + (form == "csv"))

    def test_following_the_tail(self):
        tail = self.hardshell.background("audit", "tail", "-f", "-n", "1", "--kind", "message.in")
        time.sleep(0.5)
        self.hardshell.send("list the files here")
        time.sleep(2)
        tail.kill()
        self.assertGreaterEqual(tail.communicate()[0].count("message.in"), 2)

    def test_usage_says_who_used_what(self):
        self.hardshell.send("run uname -a")
        page = self.hardshell.home / "usage.html"
        usage = self.hardshell.json("usage", "--html", str(page))["usage"]
        tools = {row["key"]: row for row in usage["tool"]}
        self.assertEqual(tools["uname"]["allowed"], 1)
        self.assertGreaterEqual(tools["file.read"]["asked_for"], 1)
        self.assertEqual(usage["person"][0]["messages"], 2)
        self.assertIn(str(self.hardshell.project), [row["key"] for row in usage["project"]])
        self.assertIn("uname", page.read_text())
        self.assertEqual(list(self.hardshell.json("usage", "--by", "day")["usage"]), ["day"])
        self.assertEqual(self.hardshell.json("usage", "--to", "2020-01-01")["usage"]["tool"], [])
        self.assertNotEqual(self.hardshell.cli("usage", "--by", "colour", check=False).returncode, 0)

    def test_init_hands_the_keys_out(self):
        fresh = harness.Installation()
        self.addCleanup(fresh.close)
        path = fresh.home / "keys"
        fresh.cli("init", "--quiet", "--keys-to", str(path))
        keys = dict(line.split(" ", 1) for line in path.read_text().splitlines())
        folder = fresh.state / "audit"
        self.assertTrue(verify_independently(folder, "--log-key", keys["log-key"],
                                             "--genesis-key", keys["genesis-key"])[0])
        self.assertNotIn("never taken off", fresh.cli("status").stdout)


class Witness:
    """`hardshell audit witness` as another machine would run it."""

    def __init__(self, hardshell, folder, log_key, port=0):
        self.process = subprocess.Popen(
            [str(hardshell.programs / "hardshell"), "audit", "witness", str(folder), "--listen",
             f"127.0.0.1:{port}", "--log", log_key], text=True, stdout=subprocess.PIPE, env=hardshell.environment)
        self.key = self.process.stdout.readline().split()[-1]
        self.port = int(self.process.stdout.readline().split()[-1])
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Witnessed(unittest.TestCase):
    def setUp(self):
        self.hardshell = harness.Installation()
        self.addCleanup(self.hardshell.close)
        self.hardshell.send("list the files here")
        self.witness = Witness(self.hardshell, self.hardshell.home / "witness",
                               self.hardshell.json("audit", "keys")["log_key"])
        self.addCleanup(self.witness.close)
        self.hardshell.stop()
        self.settings = self.hardshell.config_file.read_text()
        with self.hardshell.config_file.open("a") as stream:
            stream.write(f'\n[[witness]]\nname = "w"\nurl = "{self.witness.url}"\nkey = "{self.witness.key}"\n'
                         'every_seconds = 1\n')
        self.hardshell.send("list the files here")

    def cosigned(self):
        note = self.hardshell.state / "witness/w.note"
        return int(note.read_text().split("\n")[1]) if note.exists() else 0

    def await_cosigned(self, size):
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and self.cosigned() < size:
            time.sleep(0.1)
        self.assertGreaterEqual(self.cosigned(), size)

    def test_checkpoints_are_cosigned_and_verified_against_the_witness(self):
        size = self.hardshell.json("audit", "verify")["records"]
        self.await_cosigned(size)
        done = self.hardshell.json("audit", "verify", "--witness", self.witness.url, "--witness-key", self.witness.key)
        self.assertTrue(done["verified"])
        self.assertIn("w: cosigned", self.hardshell.cli("status").stdout)

    def test_a_restored_snapshot_signs_nothing_until_a_recorded_fork(self):
        self.hardshell.stop()
        snapshot = self.hardshell.home / "snapshot"
        shutil.copytree(self.hardshell.state, snapshot, ignore=shutil.ignore_patterns("*.sock"))
        before = self.hardshell.json("audit", "verify")["records"]
        for _ in range(3):
            self.hardshell.send("list the files here")
        size = before
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and size == before:  # a checkpoint follows within a second
            time.sleep(0.1)
            size = self.hardshell.json("audit", "verify")["records"]
        self.await_cosigned(size)
        self.hardshell.stop()
        shutil.rmtree(self.hardshell.state)
        shutil.copytree(snapshot, self.hardshell.state)
        # It verifies by itself, and not against the witness.
        self.assertTrue(self.hardshell.json("audit", "verify")["verified"])
        done = self.hardshell.cli("audit", "verify", "--witness", self.witness.url, check=False)
        self.assertIn("truncated", done.stdout)
        refused = self.hardshell.cli("send", "--start", "run touch made.txt", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("hardshell audit fork", refused.stdout + refused.stderr)
        self.assertEqual(self.hardshell.json("audit", "verify")["records"], before, "something was signed")
        # Not even with the witness out of reach.
        self.witness.close()
        self.assertNotEqual(self.hardshell.cli("send", "--start", "hello", check=False).returncode, 0)
        self.hardshell.cli("audit", "fork", "--reason", "restored from the backup of Monday")
        self.hardshell.send("list the files here")
        first = self.hardshell.json("audit", "show", "0")
        self.assertEqual(first["kind"], "log.fork")
        self.assertEqual(first["reason"], "restored from the backup of Monday")
        self.assertEqual(first["detail"]["conflict"]["witness"], "w")
        self.assertTrue(self.hardshell.json("audit", "verify")["verified"])
        self.assertTrue((self.hardshell.state / "audit.before-fork-1").exists())
        self.hardshell.stop()
        self.assertNotEqual(self.hardshell.cli("audit", "fork", "--reason", "again", check=False).returncode, 0)

    def test_a_witness_that_lies_holds_nothing_up(self):
        """409 with a large size, and a checkpoint that the log never signed."""
        import http.server
        import threading

        class Liar(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(409)
                self.send_header("Content-Type", "text/x.tlog.size")
                self.end_headers()
                self.wfile.write(b"999999\n")

            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"x/y\n999999\n" + base64.b64encode(bytes(32)) + b"\n\n\xe2\x80\x94 x/y AAAAAAAA\n")

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.hardshell.stop()
        self.hardshell.config_file.write_text(
            self.settings + f'\n[[witness]]\nname = "liar"\nurl = "http://127.0.0.1:{server.server_port}"\n'
            f'key = "{self.witness.key}"\nevery_seconds = 1\n')
        self.assertIn("README.md", self.hardshell.send("list the files here").stdout)
        self.assertIn("liar: ", self.hardshell.cli("status").stdout)

    def test_a_required_witness_that_is_away_means_no_action(self):
        self.hardshell.stop()
        self.witness.close()
        with self.hardshell.config_file.open("a") as stream:
            stream.write("required = true\n")
        refused = self.hardshell.cli("send", "--start", "hello", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("required at the start", refused.stdout + refused.stderr)


@unittest.skipUnless(os.geteuid() == 0, "mounting a small file system needs root")
class FullDisk(unittest.TestCase):
    def test_without_room_for_its_record_nothing_happens(self):
        hardshell = harness.Installation()
        self.addCleanup(hardshell.close)
        mount = hardshell.state
        hardshell.send("list the files here")
        hardshell.stop()
        kept = hardshell.home / "kept"
        shutil.copytree(mount, kept, ignore=shutil.ignore_patterns("*.sock"))
        shutil.rmtree(mount)
        mount.mkdir(mode=0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs", str(mount)], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", str(mount)])
        shutil.copytree(kept, mount, dirs_exist_ok=True)
        hardshell.send("list the files here")
        filler = mount / "filler"
        with filler.open("wb", buffering=0) as stream:
            try:
                while True:
                    stream.write(bytes(4096))
            except OSError:
                pass
        # The journal's blocks are there already, so records go on until tiles need new ones.
        refusals = 0
        for number in range(200):
            target = hardshell.project / f"made-{number}.txt"
            done = hardshell.cli("send", "--start", "read README.md", check=False, timeout=120)
            if done.returncode != 0:
                refusals += 1
                asked = hardshell.cli("send", "--start", f"run touch {target.name}", check=False, timeout=120)
                self.assertNotEqual(asked.returncode, 0)
                self.assertFalse(target.exists())
                if refusals == 3:
                    break
        self.assertEqual(refusals, 3, "the disk never became full")
        hardshell.stop()
        filler.unlink()
        self.assertIn("README.md", hardshell.send("list the files here").stdout)
        self.assertTrue(hardshell.json("audit", "verify")["verified"])
        self.assertTrue(verify_independently(mount / "audit")[0])


@unittest.skipUnless(shutil.which("strace") and os.geteuid() == 0, "strace and root are needed")
class FailingCalls(unittest.TestCase):
    """Each of the keeper's calls to the disk fails, or kills it, once."""

    def inject(self, hardshell, fault):
        pid = hardshell.processes()["hardshell-keeper"]
        tracer = subprocess.Popen(["strace", "-f", "-qq", "-o", "/dev/null", "-p", str(pid), "-e", fault])
        time.sleep(0.3)
        return tracer

    def test_no_effect_without_its_record(self):
        full = bool(os.environ.get("HS_FULL"))
        hit = 0
        for call in ("pwrite64", "fdatasync", "fsync", "renameat2,rename,renameat", "openat", "write"):
            for what in ("error=EIO", "error=ENOSPC", "signal=KILL"):
                for when in (1, 2, 3, 5, 8) if full else (2,):
                    with self.subTest(call=call, what=what, when=when):
                        hardshell = harness.Installation()
                        try:
                            self.one(hardshell, f"inject={call}:{what}:when={when}")
                            said = hardshell.log()
                            hit += "started anew" in said or "starting it anew" in said or "nothing was done" in said
                        finally:
                            hardshell.close()
        self.assertGreater(hit, 3, "the faults were not injected")

    def one(self, hardshell, fault):
        hardshell.send("list the files here")
        tracer = self.inject(hardshell, fault)
        for _ in range(3):
            hardshell.cli("send", "--start", "read README.md", check=False, timeout=120)
        tracer.send_signal(signal.SIGTERM)
        tracer.wait()
        hardshell.stop()
        self.assertIn("README.md", hardshell.send("list the files here").stdout)
        self.assertTrue(hardshell.json("audit", "verify")["verified"])
        good, said = verify_independently(hardshell.state / "audit")
        self.assertTrue(good, said)
        effects = [e["decision"] for e in hardshell.events(10_000) if e["kind"] == "effect.ended"]
        decided = {e["decision"] for e in hardshell.events(10_000) if e["kind"] == "decision"}
        self.assertEqual([d for d in effects if d not in decided], [])


if __name__ == "__main__":
    unittest.main()
