"""Where the key of the sealed state is kept: a real keyring, a passphrase, a file; moved, locked, lost
and interrupted."""
import base64
import os
import pty
import random
import select
import signal
import subprocess
import time
import unittest

import harness
import session_keyring

WORDS = "several plain words"
MARK = "the-planted-mark"


class Case(unittest.TestCase):
    def installation(self, keyring=None):
        hardshell = harness.Installation()
        if keyring is not None:
            hardshell.environment["DBUS_SESSION_BUS_ADDRESS"] = keyring.address
        self.addCleanup(hardshell.close)
        return hardshell

    def keyring(self, **how):
        if session_keyring.missing():
            self.skipTest(session_keyring.missing())
        keyring = session_keyring.SessionKeyring(**how)
        self.addCleanup(keyring.close)
        return keyring

    def plant(self, hardshell):
        hardshell.send(f"remember {MARK}", "--session", "planted", check=False)
        self.assertIn(MARK, hardshell.cli("sessions", "show", "planted").stdout)

    def assert_planted(self, hardshell):
        self.assertIn(MARK, hardshell.cli("sessions", "show", "planted").stdout)

    def source(self, hardshell):
        return hardshell.json("key", "show")["source"]

    def change(self, hardshell, to, stdin="", check=True):
        return hardshell.cli("key", "change", "--to", to, stdin=stdin, check=check)

    def wait_until(self, ready, seconds=15):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if ready():
                return
            time.sleep(0.05)
        self.fail("it did not come to pass")

    def is_open(self, hardshell):
        return hardshell.cli("status", check=False).returncode == 0


class Keyring(Case):
    def test_a_new_state_takes_the_keyring_and_opens_again(self):
        keyring = self.keyring()
        hardshell = self.installation(keyring)
        self.plant(hardshell)
        shown = hardshell.json("key", "show")
        self.assertEqual((shown["source"], shown["locked"], shown["warning"]), ("keyring", False, ""))
        self.assertEqual(len(keyring.items()), 1)
        wrapping = base64.b64decode(keyring.value(keyring.items()[0]))
        self.assertEqual(len(wrapping), 32)
        self.assertNotIn(wrapping, (hardshell.state / "master.key").read_bytes())
        starts = [event for event in hardshell.events() if event["kind"] == "process.start"
                  and event.get("process") == "hardshell-keeper"]
        self.assertEqual(starts[-1]["detail"]["key_kept"], "keyring")
        hardshell.stop()
        hardshell.send("list the files here")
        self.assert_planted(hardshell)
        self.assertEqual(len(keyring.items()), 1)
        self.assertNotIn("whoever can read your files", hardshell.log())

    def test_a_locked_keyring_is_named_and_opens_by_itself_once_it_is_unlocked(self):
        keyring = self.keyring()
        hardshell = self.installation(keyring)
        self.plant(hardshell)
        hardshell.stop()
        keyring.lock()
        done = hardshell.send("list the files here", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("keyring", done.stderr)
        self.assertIn("hardshell key unlock", done.stderr)
        for command in (("status",), ("secret", "list"), ("approvals", "list")):
            self.assertIn("hardshell key unlock", hardshell.cli(*command, check=False).stderr, command)
        shown = hardshell.json("key", "show")
        self.assertEqual((shown["source"], shown["locked"]), ("keyring", True))
        # Nothing here can show the keyring's window: refused by name, and still locked.
        refused = hardshell.cli("key", "unlock", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertRegex(refused.stderr, "prompt|keyring")
        keyring.unlock()
        self.wait_until(lambda: self.is_open(hardshell))
        self.assert_planted(hardshell)

    def test_a_keyring_that_is_gone_locks_and_nothing_is_made_anew(self):
        keyring = self.keyring()
        hardshell = self.installation(keyring)
        self.plant(hardshell)
        hardshell.stop()
        before = (hardshell.state / "master.key").read_bytes()
        kept = keyring.value(keyring.items()[0])
        key = keyring.items()[0]
        keyring.clear()
        self.assertIn("no such item", hardshell.send("list the files here", check=False).stderr)
        hardshell.cli("stop")
        address = hardshell.environment.pop("DBUS_SESSION_BUS_ADDRESS")
        self.assertIn("no session bus", hardshell.send("list the files here", check=False).stderr)
        hardshell.cli("stop")
        self.assertEqual((hardshell.state / "master.key").read_bytes(), before)
        # With the entry restored it opens again.
        hardshell.environment["DBUS_SESSION_BUS_ADDRESS"] = address
        subprocess.run(["secret-tool", "store", "--label=restored", "application", "hardshell", "purpose",
                        "master key", "key", key], input=kept, text=True, check=True, env=keyring.environment)
        hardshell.send("list the files here")
        self.assert_planted(hardshell)

    def test_a_new_state_beside_a_locked_keyring_takes_a_file_and_says_so(self):
        hardshell = self.installation(self.keyring(unlocked=False))
        hardshell.send("list the files here")
        shown = hardshell.json("key", "show")
        self.assertEqual(shown["source"], "file")
        self.assertIn("whoever can read your files", shown["warning"])
        self.assertIn("whoever can read your files", hardshell.log())

    def test_moves_between_all_sources_and_leaves_nothing_behind(self):
        keyring = self.keyring()
        hardshell = self.installation(keyring)
        self.plant(hardshell)
        self.change(hardshell, "file")
        self.assertEqual((self.source(hardshell), keyring.items()), ("file", []))
        self.assertEqual((hardshell.state / "master.key").stat().st_size, 32)
        self.change(hardshell, "keyring")
        self.change(hardshell, "passphrase", WORDS + "\n")
        self.assertEqual((self.source(hardshell), keyring.items()), ("passphrase", []))
        self.change(hardshell, "keyring", WORDS + "\n")
        self.assertEqual(len(keyring.items()), 1)
        hardshell.stop()
        hardshell.send("list the files here")
        self.assert_planted(hardshell)
        moves = [(event["detail"]["from"], event["detail"]["to"], event["outcome"]) for event in hardshell.events()
                 if event.get("action") == "key.change"]
        self.assertEqual([move for move in moves if move[2] == "done"],
                         [("keyring", "file", "done"), ("file", "keyring", "done"),
                          ("keyring", "passphrase", "done"), ("passphrase", "keyring", "done")])

    def test_a_service_that_dies_in_mid_move_loses_nothing(self):
        keyring = self.keyring()
        hardshell = self.installation(keyring)
        self.plant(hardshell)
        self.change(hardshell, "file")
        keyring.bus.send_signal(signal.SIGSTOP)  # slow: it never answers
        began = time.monotonic()
        done = self.change(hardshell, "keyring", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertLess(time.monotonic() - began, 50)
        keyring.bus.send_signal(signal.SIGCONT)
        keyring.stop_service()
        self.assertEqual(self.change(hardshell, "keyring", check=False).returncode, 1)
        self.assertEqual(self.source(hardshell), "file")
        hardshell.stop()
        hardshell.send("list the files here")
        self.assert_planted(hardshell)

    def test_killed_at_any_instant_of_a_move_one_key_opens(self):
        keyring = self.keyring()
        hardshell = self.installation(keyring)
        self.plant(hardshell)
        chance = random.Random(4)
        for _ in range(int(os.environ.get("HARDSHELL_KILLS", "12")) // 2):
            to = chance.choice(("keyring", "file", "passphrase"))
            old = WORDS + "\n" if self.source(hardshell) == "passphrase" else ""
            moving = hardshell.background("key", "change", "--to", to)
            moving.kill()
            moving.communicate()
            keeper = hardshell.processes()["hardshell-keeper"]
            moving = subprocess.Popen([str(hardshell.programs / "hardshell"), "key", "change", "--to", to], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                      env=hardshell.environment)
            moving.stdin.write(old + (WORDS + "\n" if to == "passphrase" else ""))
            moving.stdin.close()
            time.sleep(chance.uniform(0, 0.25))
            os.kill(keeper, signal.SIGKILL)
            moving.wait()
            # A daemon whose keeper keeps ending gives up; then it is started anew.
            self.wait_until(lambda: hardshell.cli("key", "show", check=False).returncode == 0 or
                            hardshell.send("list the files here", check=False).returncode == 0)
            if hardshell.json("key", "show")["locked"]:
                hardshell.cli("key", "unlock", stdin=WORDS + "\n")
            self.wait_until(lambda: self.is_open(hardshell))
            self.assert_planted(hardshell)
        hardshell.stop()
        if hardshell.send("list the files here", check=False).returncode != 0:
            hardshell.cli("key", "unlock", stdin=WORDS + "\n")
        self.assert_planted(hardshell)
        self.assertTrue(hardshell.json("audit", "verify")["verified"])


class Passphrase(Case):
    def test_locks_says_so_counts_wrong_ones_and_opens(self):
        hardshell = self.installation()
        self.plant(hardshell)
        self.assertEqual(self.source(hardshell), "file")
        self.assertIn("whoever can read your files", hardshell.log())
        self.assertIn("8 to 1024 bytes", self.change(hardshell, "passphrase", "short\n", check=False).stderr)
        self.change(hardshell, "passphrase", WORDS + "\n")
        hardshell.stop()
        for command in (("send", "--start", "list the files here"), ("status",), ("secret", "list")):
            done = hardshell.cli(*command, check=False)
            self.assertEqual(done.returncode, 1, command)
            self.assertIn("hardshell key unlock", done.stderr, command)
        for _ in range(2):
            refused = hardshell.cli("key", "unlock", stdin="not the words\n", check=False)
            self.assertIn("does not open", refused.stderr)
        hardshell.cli("key", "unlock", stdin=WORDS + "\n")
        self.assert_planted(hardshell)
        start = [event for event in hardshell.events() if event["kind"] == "process.start"
                 and event.get("process") == "hardshell-keeper"][-1]
        self.assertEqual((start["detail"]["key_kept"], start["detail"]["failed_unlocks"]), ("passphrase", 2))
        self.assertIn("does not open", self.change(hardshell, "file", "not the words\n", check=False).stderr)
        self.assertEqual(self.source(hardshell), "passphrase")
        self.change(hardshell, "file", WORDS + "\n")
        hardshell.stop()
        hardshell.send("list the files here")
        self.assert_planted(hardshell)
        for path in hardshell.state.rglob("*"):
            if path.is_file():
                self.assertNotIn(WORDS.encode(), path.read_bytes(), path)

    def test_a_keeper_that_ends_locks_again_and_is_unlocked_in_place(self):
        hardshell = self.installation()
        self.plant(hardshell)
        self.change(hardshell, "passphrase", WORDS + "\n")
        daemon = hardshell.processes()["hardshelld"]
        os.kill(hardshell.processes()["hardshell-keeper"], signal.SIGKILL)
        self.wait_until(lambda: "hardshell key unlock" in hardshell.send("list the files here", check=False).stderr)
        hardshell.cli("key", "unlock", stdin=WORDS + "\n")
        self.assertIn("README.md", hardshell.send("list the files here").stdout)
        self.assertEqual(hardshell.processes()["hardshelld"], daemon)

    def test_stops_while_it_is_locked(self):
        hardshell = self.installation()
        self.plant(hardshell)
        self.change(hardshell, "passphrase", WORDS + "\n")
        hardshell.stop()
        hardshell.send("list the files here", check=False)
        self.assertEqual(hardshell.cli("stop").returncode, 0)
        self.assertFalse((hardshell.state / "run/daemon.sock").exists())

    def test_a_person_at_a_terminal_is_asked(self):
        hardshell = self.installation()
        said = self.at_terminal(hardshell, ["init"], [("new state", WORDS), ("Again", WORDS)])
        self.assertIn("under a passphrase", said)
        self.assertNotIn(WORDS, said)
        hardshell.stop()
        said = self.at_terminal(hardshell, ["send", "--start", "list the files here"], [("Passphrase", WORDS)])
        self.assertIn("README.md", said)
        self.assertNotIn(WORDS, said)

    def at_terminal(self, hardshell, arguments, answers):
        """Types each answer once its question stands there; gives back all that was shown."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([str(hardshell.programs / "hardshell"), *arguments], stdin=theirs, stdout=theirs,
                                   stderr=theirs, env=hardshell.environment, cwd=hardshell.project,
                                   start_new_session=True)
        os.close(theirs)
        said, deadline = "", time.monotonic() + 40
        while time.monotonic() < deadline:
            if not select.select([ours], [], [], 1)[0]:
                continue
            try:
                said += os.read(ours, 4096).decode()
            except OSError:
                break
            if answers and answers[0][0] in said:
                time.sleep(0.2)  # the terminal has stopped to echo
                os.write(ours, answers.pop(0)[1].encode() + b"\n")
        os.close(ours)
        self.assertEqual(process.wait(timeout=30), 0, said)
        self.assertEqual(answers, [], said)
        return said


if __name__ == "__main__":
    unittest.main(verbosity=2)
