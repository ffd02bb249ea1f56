"""kill -9 of each process under load: nothing acknowledged is lost, no effect is repeated, the log
verifies. HARDSHELL_KILLS sets how many (default 12; ./test --full: 200)."""
import os
import random
import signal
import subprocess
import threading
import time
import unittest

import harness

KILLS = int(os.environ.get("HARDSHELL_KILLS", "12"))
SEED = int(os.environ.get("HARDSHELL_SEED", "7"))


class Kill(unittest.TestCase):
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
        names = ["hardshelld", "hardshell-keeper", "hardshell-egress", "hardshell-launcher"]
        for kill in range(KILLS):
            time.sleep(chance.uniform(0.05, 0.4))
            try:
                pid = hardshell.processes()[names[kill % len(names)]]
                os.kill(pid, signal.SIGKILL)
            except (AssertionError, KeyError, ProcessLookupError, ValueError, subprocess.TimeoutExpired):
                continue  # it was being restarted
        time.sleep(1.5)
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
        print(f"{len(acknowledged)} acknowledged messages, 0 lost")


if __name__ == "__main__":
    unittest.main()
