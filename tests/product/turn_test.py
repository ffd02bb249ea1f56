"""A governed turn, end to end, through the real Anthropic wire format."""
import http.server
import json
import os
import threading
import time
import signal
import unittest

import harness
from harness import call


class Offline(unittest.TestCase):
    """Without any model: the documented grammar, every effect governed."""

    def setUp(self):
        self.hardshell = harness.Installation()
        self.addCleanup(self.hardshell.close)

    def test_lists_runs_reads_and_the_log_verifies_after_each(self):
        for text, wanted in (("list the files here", "README.md"), ("run uname -a", "Linux"),
                             ("read README.md", "Its second line.")):
            self.assertIn(wanted, self.hardshell.send(text).stdout)
            self.assertTrue(self.hardshell.json("audit", "verify")["verified"])

    def test_fetches_a_page_of_this_machine(self):
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<html><body><h1>Title</h1><p>The text of the page.</p>"
                                 b"<script>steal()</script></body></html>")

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        said = self.hardshell.send(f"fetch http://127.0.0.1:{server.server_port}/").stdout
        self.assertIn("The text of the page.", said)
        self.assertNotIn("steal()", said)
        self.assertTrue(self.hardshell.json("audit", "verify")["verified"])

    def test_an_approval_is_left_open_for_nobody(self):
        done = self.hardshell.send("run touch new.txt", check=False)
        self.assertEqual(done.returncode, 4)
        self.assertFalse((self.hardshell.project / "new.txt").exists())

    def test_what_is_outside_cannot_be_read(self):
        (self.hardshell.home / "secret.txt").write_text("planted")
        for text in ("read ../secret.txt", "read /etc/shadow", "run cat ../secret.txt",
                     f"run cat {self.hardshell.home}/secret.txt"):
            self.assertNotIn("planted", self.hardshell.send(text, check=False).stdout)

    def test_credential_files_are_out_of_reach_of_files_and_shell(self):
        (self.hardshell.project / ".env").write_text("KEY=planted")
        self.assertNotIn("planted", self.hardshell.send("read .env").stdout)
        self.assertNotIn("planted", self.hardshell.send("run cat .env", check=False).stdout)
        self.assertNotIn("KEY=", self.hardshell.send("run grep -r planted .", check=False).stdout)

    def test_why_names_the_policy(self):
        self.hardshell.send("run uname -a")
        decision = [e for e in self.hardshell.events() if e["kind"] == "decision"][-1]["decision"]
        self.assertIn("personal-inspect", self.hardshell.cli("why", decision).stdout)


class Scripted(unittest.TestCase):
    """A model that asks for what it likes."""

    def setUp(self):
        self.models = harness.FakeModels()
        self.addCleanup(self.models.close)
        self.hardshell = harness.Installation(harness.with_model(self.models))
        self.addCleanup(self.hardshell.close)
        self.hardshell.send("x", check=False)  # starts the daemon
        self.hardshell.cli("secret", "set", "fake-key", stdin=self.models.key + "\n")

    def test_permitted_runs_asked_waits_prohibited_never(self):
        target = self.hardshell.project / "made.txt"
        self.models.script(call("shell_run", argv=["uname", "-s"]),
                           call("files_write", path="made.txt", content="as approved\n"),
                           call("files_write", path=".env", content="KEY=stolen"),
                           {"expect": {"tool_result": "credential"}, "reply": "all done"})
        turn = self.hardshell.background("send", "--wait", "do the three things")
        approval = self.hardshell.wait_for_approval()
        self.assertFalse(target.exists())
        self.assertEqual(approval["action"]["effect"], "file.write")
        self.hardshell.cli("approvals", "approve", approval["id"])
        said, cards = turn.communicate(timeout=30)
        self.assertIn("all done", said, cards)
        self.assertEqual(target.read_text(), "as approved\n")
        outcomes = [(e["detail"]["request"]["action"]["effect"], e["outcome"])
                    for e in self.hardshell.events() if e["kind"] == "decision"]
        self.assertIn(("run", "allow"), outcomes)
        self.assertIn(("file.write", "ask"), outcomes)
        self.assertIn(("file.write", "deny"), outcomes)
        self.assertFalse((self.hardshell.project / ".env").exists())
        self.assertTrue(self.hardshell.json("audit", "verify")["verified"])

    def test_denied_means_that_nothing_happens(self):
        self.models.script(call("files_write", path="made.txt", content="x"), {"reply": "understood"})
        turn = self.hardshell.background("send", "--wait", "write it")
        self.hardshell.cli("approvals", "deny", self.hardshell.wait_for_approval()["id"])
        self.assertIn("understood", turn.communicate(timeout=30)[0])
        self.assertFalse((self.hardshell.project / "made.txt").exists())

    def test_a_file_that_changed_since_the_approval_is_refused(self):
        target = self.hardshell.project / "README.md"
        self.models.script(call("files_edit", path="README.md", old="second", new="third"),
                           {"reply": "saw it"})
        turn = self.hardshell.background("send", "--wait", "edit it")
        approval = self.hardshell.wait_for_approval()
        target.write_text("# Changed meanwhile: second\n")
        self.hardshell.cli("approvals", "approve", approval["id"])
        turn.communicate(timeout=30)
        self.assertEqual(target.read_text(), "# Changed meanwhile: second\n")

    def test_undo_restores_what_was_there(self):
        target = self.hardshell.project / "README.md"
        before = target.read_text()
        self.models.script(call("files_write", path="README.md", content="new\n"), {"reply": "ok"})
        turn = self.hardshell.background("send", "--wait", "replace it")
        self.hardshell.cli("approvals", "approve", self.hardshell.wait_for_approval()["id"])
        turn.communicate(timeout=30)
        self.assertEqual(target.read_text(), "new\n")
        self.hardshell.cli("undo")
        self.assertEqual(target.read_text(), before)

    def test_approve_with_a_rule_is_not_asked_again(self):
        self.models.script(call("shell_run", argv=["touch", "a.txt"]), {"reply": "one"},
                           call("shell_run", argv=["touch", "a.txt"]), {"reply": "two"})
        turn = self.hardshell.background("send", "--wait", "first")
        done = self.hardshell.cli("approvals", "approve", "--rule", self.hardshell.wait_for_approval()["id"])
        self.assertIn("permit", done.stdout)
        self.assertIn("one", turn.communicate(timeout=30)[0])
        self.assertIn("two", self.hardshell.send("again").stdout)

    def approvals_of(self, count):
        deadline = time.monotonic() + 10
        while len(self.hardshell.approvals()) < count:
            self.assertLess(time.monotonic(), deadline, self.hardshell.approvals())
            time.sleep(0.05)
        return sorted(self.hardshell.approvals(), key=lambda one: one["id"])

    def test_what_one_message_asks_for_is_asked_together_and_answered_apart(self):
        write = [{"tool": "files_write", "arguments": {"path": f"{name}.txt", "content": name}}
                 for name in ("one", "two", "three")]
        self.models.script({"reply": write}, {"reply": "all said"})
        turn = self.hardshell.background("send", "--wait", "three files")
        asked = {one["action"]["path"].rsplit("/", 1)[1]: one["id"] for one in self.approvals_of(3)}
        self.hardshell.cli("approvals", "deny", asked["two.txt"])
        self.hardshell.cli("approvals", "approve", asked["three.txt"])
        # In the order of the message: the third waits for the first, though it was answered before.
        time.sleep(0.5)
        self.assertEqual(list(self.hardshell.project.glob("*.txt")), [])
        self.hardshell.cli("approvals", "approve", asked["one.txt"])
        said, cards = turn.communicate(timeout=30)
        self.assertIn("all said", said, cards)
        made = sorted(path.name for path in self.hardshell.project.glob("*.txt"))
        self.assertEqual(made, ["one.txt", "three.txt"])
        self.assertEqual(self.hardshell.approvals(), [])

    def test_what_changed_since_it_was_asked_together_is_asked_again(self):
        write = [{"tool": "files_write", "arguments": {"path": "same.txt", "content": text}}
                 for text in ("first", "second")]
        self.models.script({"reply": write}, {"reply": "both"})
        turn = self.hardshell.background("send", "--wait", "twice")
        for one in self.approvals_of(2):
            self.hardshell.cli("approvals", "approve", one["id"])
        # The second was to make a file that there is by now.
        again = self.hardshell.wait_for_approval()
        self.assertEqual((self.hardshell.project / "same.txt").read_text(), "first")
        self.hardshell.cli("approvals", "approve", again["id"])
        self.assertIn("both", turn.communicate(timeout=30)[0])
        self.assertEqual((self.hardshell.project / "same.txt").read_text(), "second")

    def test_what_was_asked_together_and_never_done_is_withdrawn(self):
        write = [{"tool": "files_write", "arguments": {"path": f"{name}.txt", "content": name}}
                 for name in ("one", "two")]
        self.models.script({"reply": write}, {"reply": "never"})
        turn = self.hardshell.background("send", "--wait", "two files")
        self.approvals_of(2)
        turn.send_signal(signal.SIGINT)
        turn.communicate(timeout=30)
        deadline = time.monotonic() + 5
        while self.hardshell.approvals() and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(self.hardshell.approvals(), [])
        self.assertEqual(list(self.hardshell.project.glob("*.txt")), [])

    def test_nobody_but_a_person_answers_an_approval(self):
        target = self.hardshell.project / "made.txt"
        self.models.script(call("files_write", path="made.txt", content="x"), {"reply": "end"})
        turn = self.hardshell.background("send", "--wait", "write it")
        approval = self.hardshell.wait_for_approval()["id"]
        # An API client with the default token, and one that may do all but approve.
        strong = self.hardshell.cli("token", "add", "strong", "--scopes", "talk,read,configure,person").stdout.strip()
        for token in (None, "wrong", self.hardshell.token(), strong):
            status, _ = self.hardshell.http("POST", f"/v1/approvals/{approval}", {"consent": True}, token)
            self.assertIn(status, (401, 403))
        # The daemon's own verbs over the unix socket of the daemon have no such door either.
        self.assertEqual(self.hardshell.approvals()[0]["status"], "pending")
        # A script in the sandbox: the program is there, the sockets and the state are not.
        self.models.script({"reply": "end"})
        self.assertFalse(target.exists())
        self.hardshell.cli("approvals", "deny", approval)
        turn.communicate(timeout=30)
        program = self.hardshell.programs / "hardshell"
        (self.hardshell.project / "approve.sh").write_text(
            f"#!/bin/sh\n{program} approvals approve {approval}; ls -la {self.hardshell.state}; echo tried\n")
        self.models.script(call("shell_run", script=f"{program} approvals list; ls -la {self.hardshell.state}/run; echo tried"),
                           {"reply": "end"})
        turn = self.hardshell.background("send", "--wait", "run the script")
        self.hardshell.cli("approvals", "approve", self.hardshell.wait_for_approval()["id"])
        turn.communicate(timeout=30)
        result = self.models.stats()["lastToolResult"]
        self.assertIn("tried", result)
        self.assertNotIn("keeper.sock", result)

    def test_the_key_is_seen_by_the_provider_and_by_nobody_else(self):
        self.assertIn("fake", self.hardshell.send("hello").stdout)
        self.assertEqual(self.models.stats()["lastCredential"], self.models.key)
        planted = self.models.key.encode()
        for folder, _, names in os.walk(self.hardshell.home):
            for name in names:
                if not os.path.isfile(os.path.join(folder, name)):
                    continue  # sockets hold nothing
                with open(os.path.join(folder, name), "rb") as stream:
                    self.assertNotIn(planted, stream.read(), os.path.join(folder, name))
        for pid in self.hardshell.processes().values():
            for what in ("environ", "cmdline"):
                try:
                    with open(f"/proc/{pid}/{what}", "rb") as stream:
                        self.assertNotIn(planted, stream.read())
                except PermissionError:
                    pass  # not even its owner may look: the process is not dumpable

    def test_the_prompt_for_hello_is_small(self):
        self.hardshell.send("hello")
        self.assertLessEqual(self.models.stats()["lastBytes"], 8192)

    def test_an_approval_outlives_a_crash_and_resumes_its_action_once(self):
        target = self.hardshell.project / "made.txt"
        self.models.script(call("files_write", path="made.txt", content="late\n"), {"reply": "end"})
        turn = self.hardshell.background("send", "--wait", "write it")
        approval = self.hardshell.wait_for_approval()["id"]
        os.kill(self.hardshell.processes()["hardshelld"], 9)
        turn.communicate(timeout=30)
        time.sleep(0.5)
        self.models.script({"reply": "end"}, {"reply": "end"})
        self.hardshell.send("hello")  # starts the daemon anew
        self.assertFalse(target.exists())
        self.hardshell.cli("approvals", "approve", approval)
        deadline = time.monotonic() + 10
        while not target.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(target.read_text(), "late\n")
        self.assertNotEqual(self.hardshell.cli("approvals", "approve", approval, check=False).returncode, 0)
        done = [e for e in self.hardshell.events() if e["kind"] == "effect.ended" and e.get("outcome") == "done"]
        self.assertTrue(done)

    def test_what_a_crash_interrupted_is_not_said_again_with_the_next_message(self):
        self.models.script({"delay_ms": 20_000, "reply": "late"},
                           {"expect": {"text": "second", "no_text": "first"}, "reply": "only the second"})
        before = self.models.stats()["requests"]
        turn = self.hardshell.background("send", "--wait", "--session", "cut", "do the first thing")
        deadline = time.monotonic() + 10
        while self.models.stats()["requests"] == before:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        os.kill(self.hardshell.processes()["hardshelld"], signal.SIGKILL)
        turn.communicate(timeout=30)
        done = self.hardshell.send("the second thing", "--session", "cut", check=False)
        self.assertIn("only the second", done.stdout, done.stderr)

    def test_cancelling_ends_the_command_at_once(self):
        self.models.script(call("shell_run", argv=["sleep", "60"]), {"reply": "end"})
        turn = self.hardshell.background("send", "--wait", "sleep")
        self.hardshell.cli("approvals", "approve", self.hardshell.wait_for_approval()["id"])
        time.sleep(1)
        began = time.monotonic()
        turn.send_signal(2)
        turn.communicate(timeout=30)
        self.assertLess(time.monotonic() - began, 5)


if __name__ == "__main__":
    unittest.main()
