"""The lockdown: under load everything ends within a second, stays ended over a restart, and only whom policy
lets lifts it. The log says who, when and why."""
import json
import os
import pathlib
import signal
import socket
import threading
import time
import unittest

import harness

MAY_RUN = """@id("test-run")
@sandbox("work")
permit (principal is Hardshell::Agent, action == Hardshell::Action::"run", resource);
@id("test-fetch")
permit (principal is Hardshell::Agent, action == Hardshell::Action::"http.get", resource);
"""
TWO_LIFT = """@id("two-lift")
@reason("the lockdown is lifted by two")
@ask("Ends the lockdown")
@quorum("2")
forbid (principal, action == Hardshell::Action::"policy.change", resource == Hardshell::Setting::"lockdown")
when { resource.weakens }
unless { context.base.approved };
"""
# Forks as fast as its limits let it; each child outlives the test.
FORKS = "while :; do sleep 31537 & sleep 31537 & sleep 31537 & done"


def alive(words):
    """Processes of this machine whose command line holds the words."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if words in line and state != "Z":
            found.append(line)
    return found


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


class Lockdown(unittest.TestCase):
    def setUp(self):
        self.hardshell = harness.Installation()
        self.addCleanup(self.hardshell.close)
        policy = self.hardshell.home / ".config/hardshell/policy"
        policy.mkdir(exist_ok=True)
        (policy / "test.cedar").write_text(MAY_RUN)
        self.hardshell.send("list the files here")

    def background(self, *words):
        process = self.hardshell.background(*words)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def lock(self, reason="a leaked key"):
        return self.hardshell.json("lockdown", "on", "--reason", reason)

    def refused(self, *words):
        done = self.hardshell.cli(*words, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stdout + done.stderr

    def test_under_load_everything_ends_within_a_second(self):
        forks = self.background("sandbox", "run", "--", "sh", "-c", FORKS)
        turn = self.background("send", "run sleep 31538")
        # The limit of processes is reached, and the loop goes on trying.
        self.assertTrue(wait_until(lambda: len(alive("sleep 31537")) > 50), self.hardshell.log())
        self.assertTrue(wait_until(lambda: alive("sleep 31538")), self.hardshell.log())
        connected, cut = self.slow_server()
        fetch = self.background("send", f"fetch {connected.url}/x", "--session", "fetching")
        self.assertTrue(connected.wait(20), self.hardshell.log())
        before = self.hardshell.processes()
        began = time.monotonic()
        locking = self.background("lockdown", "on", "--reason", "a leaked key")
        gone = wait_until(lambda: not alive("sleep 3153") and not alive(FORKS), 10)
        took = time.monotonic() - began
        self.assertTrue(cut.wait(10))
        print(f"lockdown: {len(before)} processes of ours; sandboxes gone after {took * 1000:.0f} ms, the connection "
              f"cut after {(cut.at - began) * 1000:.0f} ms")
        self.assertTrue(gone, alive("sleep 3153"))
        self.assertLess(took, 1.0)
        self.assertLess(cut.at - began, 1.0)
        fetch.wait(10)
        self.assertTrue(wait_until(lambda: turn.poll() is not None and forks.poll() is not None, 2))
        self.assertEqual(locking.wait(20), 0)
        self.assertIn("The lockdown is on", locking.stdout.read())
        self.assertIn("lockdown", self.hardshell.json("status"))

    def slow_server(self):
        """A server that takes a request and never answers; events for its coming and for its end."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        connected, cut = threading.Event(), threading.Event()
        connected.url = f"http://127.0.0.1:{server.getsockname()[1]}"

        def serve():
            peer, _ = server.accept()
            with peer:
                peer.recv(4096)
                connected.set()
                try:
                    while peer.recv(4096):
                        pass
                except OSError:
                    pass
                cut.at = time.monotonic()
                cut.set()

        threading.Thread(target=serve, daemon=True).start()
        return connected, cut

    def test_nothing_acts_answers_or_opens_until_it_is_lifted(self):
        self.hardshell.cli("secret", "set", "deploy", "--host", "h.example", stdin="planted-0123456789\n")
        self.assertTrue(self.lock()["sealed"])
        for _ in range(2):
            self.assertIn("lockdown is on", self.refused("send", "--start", "list the files here"))
            self.assertIn("a leaked key", self.refused("sessions", "list"))
            self.refused("sandbox", "run", "--", "true")
            self.assertIn("lockdown", self.hardshell.json("status"))
            # It survives a restart: stopped and started, and killed.
            os.kill(self.hardshell.processes()["hardshell-keeper"], signal.SIGKILL)
            self.assertTrue(wait_until(lambda: self.hardshell.cli(
                "lockdown", "status", check=False).stdout.startswith("The lockdown is on")))
            self.hardshell.stop()
        status, body = None, None
        self.refused("send", "--start", "list the files here")
        status, body = self.hardshell.http("GET", "/v1/models", token="nobody")
        self.assertEqual(status, 503)
        self.assertNotIn("leaked key", body)  # why is not for whoever can reach a port
        self.hardshell.cli("lockdown", "lift", "--reason", "the key is changed")
        self.assertIn("README.md", self.hardshell.send("list the files here").stdout)
        events = [(event["outcome"], event["reason"]) for event in self.hardshell.events()
                  if event["kind"] == "lockdown"]
        self.assertEqual(sorted(events), [("lifted", "the key is changed"), ("on", "a leaked key")])
        self.assertTrue(self.hardshell.json("audit", "verify")["verified"])

    def test_who_may_not_lift_it_does_not_and_it_takes_as_many_as_policy_wants(self):
        rules = self.hardshell.home / ".config/hardshell/policy/test.cedar"
        rules.write_text(TWO_LIFT)
        self.hardshell.cli("policy", "reload")
        self.lock()
        done = self.hardshell.cli("lockdown", "lift", "--reason", "looks fine", check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn("lockdown", self.hardshell.json("status"))

    def test_two_persons_lift_it_where_policy_wants_two(self):
        rules = self.hardshell.home / ".config/hardshell/policy/test.cedar"
        rules.write_text(MAY_RUN + TWO_LIFT)
        self.hardshell.cli("policy", "reload")
        others = {}
        for name, scopes in (("second", "approve"), ("third", "approve"), ("reader", "read")):
            text = self.hardshell.cli("token", "add", name, "--scopes", scopes).stdout.strip()
            others[name] = self.hardshell.home / f"{name}-token"
            others[name].write_text(text + "\n")
            others[name].chmod(0o600)
        self.lock()
        lift = ("lockdown", "lift", "--reason", "the key is changed")
        # Whoever began it is none of the two.
        self.refused(*lift)
        first = self.hardshell.json(*lift, "--token-file", str(others["second"]), check=False)
        self.assertTrue(first["lockdown"])
        self.assertIn("1 of 2", first["missing"])
        # The same person again is one person, and a token that may not approve is nobody.
        again = self.hardshell.json(*lift, "--token-file", str(others["second"]), check=False)
        self.assertTrue(again["lockdown"])
        self.refused(*lift, "--token-file", str(others["reader"]))
        # It holds over a restart, and so does the consent.
        os.kill(self.hardshell.processes()["hardshell-keeper"], signal.SIGKILL)
        self.assertTrue(wait_until(lambda: self.hardshell.cli(
            "lockdown", "status", check=False).stdout.startswith("The lockdown is on")))
        self.assertIn("lockdown is on", self.refused("send", "--start", "list the files here"))
        lifted = self.hardshell.json(*lift, "--token-file", str(others["third"]))
        self.assertFalse(lifted["lockdown"])
        self.assertIn("README.md", self.hardshell.send("list the files here").stdout)
        said = [(event["outcome"], event["person"]) for event in self.hardshell.events()
                if event["kind"] == "lockdown"]
        self.assertEqual(sorted(outcome for outcome, _ in said), ["consent", "consent", "lifted", "on", "refused"])
        self.assertIn(("lifted", "token third"), said)

    def test_a_state_that_cannot_be_read_counts_as_on(self):
        self.hardshell.stop()
        (self.hardshell.state / "lockdown").write_text("{")
        self.assertIn("cannot be read", self.refused("send", "--start", "list the files here"))
        self.hardshell.cli("lockdown", "lift", "--reason", "looked at it")
        self.hardshell.send("list the files here")

    def test_a_daemon_that_does_not_listen_is_ended(self):
        daemon = self.hardshell.processes()["hardshelld"]
        os.kill(daemon, signal.SIGSTOP)
        locking = self.background("lockdown", "on", "--reason", "it does not answer")
        try:
            self.assertTrue(wait_until(lambda: not pathlib.Path(f"/proc/{daemon}").exists(), 5))
        finally:
            try:
                os.kill(daemon, signal.SIGCONT)
            except ProcessLookupError:
                pass
        locking.wait(30)
        self.assertIn("lockdown is on", self.refused("send", "--start", "list the files here"))


if __name__ == "__main__":
    unittest.main()
