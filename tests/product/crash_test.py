"""kill -9 of each process under load: nothing acknowledged is lost, no effect is repeated, the log
verifies. HARDSHELL_KILLS sets how many (default 12; ./test --full: 200)."""
import os
import pathlib
import random
import signal
import subprocess
import threading
import time
import unittest

import harness

KILLS = int(os.environ.get("HARDSHELL_KILLS", "12"))
SEED = int(os.environ.get("HARDSHELL_SEED", "7"))


def kill_at_random(hardshell, chance):
    """Each process in turn, at moments the seed chooses."""
    names = ["hardshelld", "hardshell-keeper", "hardshell-egress", "hardshell-launcher"]
    for kill in range(KILLS):
        time.sleep(chance.uniform(0.05, 0.4))
        try:
            os.kill(hardshell.processes()[names[kill % len(names)]], signal.SIGKILL)
        except (AssertionError, KeyError, ProcessLookupError, ValueError, subprocess.TimeoutExpired):
            continue  # it was being restarted
    time.sleep(1.5)


def left_behind(hardshell, patience_s=5):
    """Processes that name this state and whose daemon is gone: none, a moment after the stop."""
    hardshell.stop()
    until = time.monotonic() + patience_s
    while True:
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(hardshell.state) in words and "hardshell" in words.split(" ")[0]:
                found.append(words)
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.1)


# Everything may run, so that nobody has to answer while processes die.
MAY_RUN = """@id("test-run")
@sandbox("work")
permit (principal is Hardshell::Agent, action == Hardshell::Action::"run", resource);
"""


class Kill(unittest.TestCase):
    def test_no_effect_happens_twice_or_without_its_record(self):
        print(f"seed {SEED}, {KILLS} kills")
        chance = random.Random(SEED)
        hardshell = harness.Installation()
        self.addCleanup(hardshell.close)
        policy = hardshell.home / ".config/hardshell/policy"
        policy.mkdir(exist_ok=True)
        (policy / "test.cedar").write_text(MAY_RUN)
        (hardshell.project / "append.sh").write_text("echo $1 >> effects\n")
        hardshell.send("run sh append.sh first")
        asked, acknowledged, stop = [], [], threading.Event()

        def load():
            while not stop.is_set():
                number = str(len(asked) + 1)
                asked.append(number)
                try:
                    done = hardshell.send(f"run sh append.sh {number}", "--session", "load", check=False,
                                          timeout=60)
                except subprocess.TimeoutExpired:
                    continue
                if done.returncode == 0 and "[failed" not in done.stdout:
                    acknowledged.append(number)

        worker = threading.Thread(target=load)
        worker.start()
        kill_at_random(hardshell, chance)
        stop.set()
        worker.join()
        hardshell.send("list the files here")
        self.assertTrue(hardshell.json("audit", "verify")["verified"])
        done = (hardshell.project / "effects").read_text().split()
        self.assertEqual(len(done), len(set(done)), "an effect happened twice")
        recorded = {tuple(event["detail"]["request"]["action"]["argv"])
                    for event in hardshell.events(10_000)
                    if event["kind"] == "decision" and event["outcome"] == "allow"
                    and "argv" in event.get("detail", {}).get("request", {}).get("action", {})}
        unrecorded = [number for number in done if ("sh", "append.sh", number) not in recorded]
        self.assertEqual(unrecorded, [])
        self.assertGreater(len(done), 2)
        self.assertEqual(left_behind(hardshell), [])
        print(f"{len(asked)} asked for, {len(done)} effects, none twice, each with its record")

    def test_nothing_acknowledged_is_lost(self):
        print(f"seed {SEED}, {KILLS} kills")
        chance = random.Random(SEED)
        hardshell = harness.Installation()
        self.addCleanup(hardshell.close)
        hardshell.send("list the files here", "--session", "load")
        acknowledged, stop = [], threading.Event()

        def load():
            number = 0
            while not stop.is_set():
                number += 1
                try:
                    done = hardshell.send(f"help {number}", "--session", "load", check=False, timeout=60)
                except subprocess.TimeoutExpired:
                    continue
                if done.returncode == 0:
                    acknowledged.append(f"help {number}")

        worker = threading.Thread(target=load)
        worker.start()
        kill_at_random(hardshell, chance)
        stop.set()
        worker.join()
        hardshell.send("list the files here")
        self.assertTrue(hardshell.json("audit", "verify")["verified"])
        kept = [part["text"] for message in hardshell.json("sessions", "show", "load")["messages"]
                if message["role"] == "user" for part in message["parts"] if "text" in part]
        missing = [text for text in acknowledged if text not in kept]
        self.assertEqual(missing, [])
        self.assertEqual(len(kept), len(set(kept)), "a message was kept twice")
        self.assertGreater(len(acknowledged), KILLS // 4)
        self.assertEqual(left_behind(hardshell), [])
        print(f"{len(acknowledged)} acknowledged messages, 0 lost")


if __name__ == "__main__":
    unittest.main()
