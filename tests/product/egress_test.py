"""Egress under load from inside, and seen from outside: thousands of connections, clients that say nothing or say it
slowly, and the live view of what is decided and done."""
import json
import os
import select
import signal
import subprocess
import time
import unittest

import network_test
from network_test import Network

FLOOD = """
import socket, sys
total, refused, held = int(sys.argv[1]), 0, []
for i in range(total):
    try:
        one = socket.create_connection(("127.0.0.1", 3128), timeout=5)
    except OSError:
        refused += 1
        continue
    held.append(one)
    if len(held) >= 200:
        for one in held:
            one.settimeout(0)
            try:
                if one.recv(1) == b"":
                    refused += 1
            except OSError:
                pass
            one.close()
        held = []
print("refused", refused)
"""
SLOW = """
import socket, time
ones = [socket.create_connection(("127.0.0.1", port)) for port in (3128, 1080, 443, 80) for _ in range(5)]
begun, left = time.monotonic(), set(ones)
for one in ones:
    one.setblocking(False)
while left and time.monotonic() - begun < 45:
    for one in list(left):
        try:
            one.send(b"G")
        except OSError:
            left.discard(one)
            continue
        try:
            if one.recv(64) == b"":
                left.discard(one)
        except BlockingIOError:
            pass
        except OSError:
            left.discard(one)
    time.sleep(1)
print("left", len(left), "after", round(time.monotonic() - begun))
"""


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as stream:
        return int(next(line for line in stream if line.startswith("VmRSS")).split()[1])


class Load(Network):
    def test_ten_thousand_connections_are_bounded_and_counted(self):
        egress = self.hardshell.processes()["hardshell-egress"]
        self.run_in("curl", "-sS", "https://api.example.com/hello")
        before = resident_kib(egress)
        done = self.run_in("/usr/bin/python3", "-c", FLOOD, "10000", timeout=240)
        self.assertIn("refused", done.stdout, done.stderr)
        refused = int(done.stdout.split()[1])
        grown = resident_kib(egress) - before
        self.assertGreater(refused, 1000)
        self.assertLess(grown, 64 * 1024, f"{grown} KiB more")
        told = [one for one in self.connections() if one.get("turned_away")]
        self.assertGreater(sum(one["turned_away"] for one in told), 1000)
        self.assertEqual(told[-1]["error"]["code"], "busy")
        self.assertLess(len(told), 120)  # one a second, not one each
        # Whoever comes after is served.
        self.assertIn("hello from outside", self.run_in("curl", "-sS", "https://api.example.com/hello").stdout)
        self.assertEqual(self.hardshell.processes()["hardshell-egress"], egress)

    def test_clients_that_dribble_are_let_go(self):
        done = self.run_in("/usr/bin/python3", "-c", SLOW, timeout=120)
        self.assertIn("left 0 after", done.stdout, done.stderr)
        self.assertFalse([one for server in (network_test.WORLD.api, network_test.WORLD.api_plain)
                          for one in server.seen])
        self.assertIn("hello from outside", self.run_in("curl", "-sS", "https://api.example.com/hello").stdout)


class Tail(Network):
    def test_what_was_decided_and_done_is_listed(self):
        self.run_in("curl", "-sS", "https://api.example.com/hello")
        self.run_in("curl", "-sS", "https://evil.example.com/hello")
        rows = [json.loads(line) for line in
                self.hardshell.cli("egress", "tail", "--once", "--json", "-n", "200").stdout.splitlines()]
        done = [row for row in rows if row["state"] == "done" and row["host"] == "api.example.com"]
        self.assertEqual((done[0]["method"], done[0]["path"], done[0]["status"]), ("GET", "/hello", 200))
        self.assertGreater(done[0]["received_bytes"], 0)
        self.assertTrue(done[0]["run"])
        self.assertTrue([row for row in rows if row["host"] == "evil.example.com" and row["error"]], rows)
        text = self.hardshell.cli("egress", "tail", "--once", "--host", "api.example.com").stdout
        self.assertIn("GET api.example.com:443/hello  200", text)
        self.assertNotIn("evil.example.com", text)

    def test_it_goes_on_as_they_come(self):
        view = subprocess.Popen([str(self.hardshell.programs / "hardshell"), "egress", "tail", "--json"],
                                stdout=subprocess.PIPE, env=self.hardshell.environment)
        try:
            time.sleep(0.5)
            self.run_in("curl", "-sS", "https://api.example.com/hello?live")
            seen, deadline = b"", time.monotonic() + 10
            while b'"status":200' not in seen and time.monotonic() < deadline:
                if select.select([view.stdout], [], [], 0.2)[0]:
                    seen += os.read(view.stdout.fileno(), 65536)
            self.assertIn(b'"status":200', seen)
        finally:
            view.send_signal(signal.SIGINT)
            view.wait(timeout=5)
            view.stdout.close()


if __name__ == "__main__":
    if network_test.ALONE not in os.environ:
        network_test.enter_namespace()
    network_test.WORLD = network_test.World()
    unittest.main(verbosity=2)
