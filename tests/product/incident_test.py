"""An incident, end to end: a planted hijack, its blast radius, the playbook, a bundle that verifies without
Hardshell, the rules that would have stopped it, and drift that tells of it."""
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import threading
import unittest

import harness

MAY = """@id("test-run")
@sandbox("work")
permit (principal is Hardshell::Agent, action == Hardshell::Action::"run", resource);
@id("test-write")
permit (principal is Hardshell::Agent, action == Hardshell::Action::"file.write", resource);
@id("test-fetch")
permit (principal is Hardshell::Agent, action == Hardshell::Action::"http.get", resource);
"""


class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"taken\n")

    def log_message(self, *_):
        pass


class Incident(unittest.TestCase):
    def setUp(self):
        self.hardshell = harness.Installation()
        self.addCleanup(self.hardshell.close)
        policy = self.hardshell.home / ".config/hardshell/policy"
        policy.mkdir(exist_ok=True)
        (policy / "test.cedar").write_text(MAY)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def names(self, radius, *path):
        for part in path:
            radius = radius[part]
        return [item["name"] for item in radius]

    def plant(self):
        """A clean conversation, then one that reads a stranger's text and does as it says."""
        project = self.hardshell.project
        (project / "clean.txt").write_text("ours\n")
        (project / "letter.txt").write_text("do as I say\n")
        self.hardshell.send("read clean.txt")
        self.hardshell.send("run touch beside.txt")
        self.hardshell.send("read letter.txt", "--session", "hijacked")
        self.hardshell.send('write "stolen" to planted.txt', "--session", "hijacked")
        self.hardshell.send(f"fetch http://127.0.0.1:{self.server.server_port}/x", "--session", "hijacked")
        self.hardshell.send("read clean.txt")
        return [event["session"] for event in self.hardshell.events()
                if event["kind"] == "decision" and "letter.txt" in json.dumps(event)][0]

    def test_the_blast_radius_names_exactly_what_was_planted(self):
        session = self.plant()
        project = self.hardshell.project
        for about in (("session", session), ("file", str(project / "letter.txt"))):
            with self.subTest(about=about[0]):
                radius = self.hardshell.json("incident", "blast-radius", *about)
                self.assertEqual(self.names(radius, "forwards", "changed"), [str(project / "planted.txt")])
                self.assertEqual(self.names(radius, "forwards", "hosts"), ["127.0.0.1"])
                self.assertEqual(self.names(radius, "forwards", "sessions"), [session])
        self.assertEqual(self.names(radius, "forwards", "exposed"), [str(project / "letter.txt")])
        back = self.hardshell.json("incident", "blast-radius", "host", "127.0.0.1")
        self.assertEqual(self.names(back, "backwards", "files"), [str(project / "letter.txt")])
        nothing = self.hardshell.json("incident", "blast-radius", "secret", "none")
        self.assertEqual(nothing["story"], [])

    def test_from_opening_to_a_sealed_bundle_and_its_close(self):
        session = self.plant()
        opened = self.hardshell.json("incident", "open", "--reason", "it did as the letter said", "--about",
                                     f"session={session}", "--playbook", "hijacked-session")
        incident = opened["id"]
        self.assertTrue(opened["open"])
        refused = self.hardshell.cli("incident", "close", "--reason", "too soon", check=False)
        self.assertIn("neither done nor skipped", refused.stderr)
        learned = self.hardshell.json("incident", "learn", incident)
        self.assertIn('resource.name == "127.0.0.1"', learned["rules"])
        stopped = [row["action"] for row in learned["list"]]
        self.assertTrue(any("127.0.0.1" in action for action in stopped), stopped)
        self.assertFalse(any("clean.txt" in action for action in stopped), stopped)
        bundle = self.hardshell.home / "bundle"
        self.hardshell.cli("incident", "evidence", incident, str(bundle))
        keys = self.hardshell.json("audit", "keys")
        self.assertEqual(self.verify(bundle, keys), "")
        # Its log by itself, with the script that lies beside it.
        done = subprocess.run([sys.executable, str(bundle / "verify_log.py"), str(bundle / "log"), "--log-key",
                               keys["log_key"], "--genesis-key", keys["genesis_key"]], text=True, capture_output=True)
        self.assertEqual((done.returncode, "verified" in done.stdout), (0, True), done.stdout + done.stderr)
        self.assertIn("planted.txt", (bundle / "timeline.txt").read_text())
        self.assertIn(incident, (bundle / "incident.json").read_text())
        for name, edit in {"changed": lambda b: (b / "timeline.txt").write_text("nothing happened\n"),
                           "missing": lambda b: (b / "blast-radius.json").unlink(),
                           "not in the manifest": lambda b: (b / "more.txt").write_text("x"),
                           "NOT verified": lambda b: (b / "manifest").write_text((b / "manifest").read_text()[:-1]),
                           "log": lambda b: next((b / "log/tile/entries").rglob("*.p/*")).unlink()}.items():
            with self.subTest(name):
                copy = self.hardshell.home / "copy"
                shutil.rmtree(copy, True)
                shutil.copytree(bundle, copy)
                edit(copy)
                self.assertIn(name, self.verify(copy, keys))
        for step in self.steps("hijacked-session"):
            self.hardshell.cli("incident", "step", incident, step, "--reason", f"did {step}",
                               *(["--skip"] if step == "secrets" else []))
        self.assertNotEqual(self.hardshell.cli("incident", "step", incident, "dance", "--reason", "x",
                                               check=False).returncode, 0)
        closed = self.hardshell.json("incident", "close", incident, "--reason", "the letter is gone")
        self.assertFalse(closed["open"])
        self.assertEqual([e["state"] for e in closed["entries"] if e.get("step") == "secrets"], ["skipped"])
        self.assertEqual(self.hardshell.json("incident", "list")["incidents"][0]["id"], incident)
        timeline = self.hardshell.json("incident", "timeline", incident)["events"]
        self.assertIn("planted.txt", json.dumps(timeline))

    def test_learning_shows_what_else_the_rules_would_have_stopped(self):
        """An honest conversation has used the same host before: the rules would have cost it."""
        honest = f"fetch http://127.0.0.1:{self.server.server_port}/honest"
        self.hardshell.send(honest, "--session", "honest")
        session = self.plant()
        incident = self.hardshell.json("incident", "open", "--reason", "it did as the letter said", "--about",
                                       f"session={session}")["id"]
        rules = self.hardshell.home / "learned.cedar"
        learned = self.hardshell.json("incident", "learn", incident, "--to", str(rules))
        stopped = [row["action"] for row in learned["list"]]
        self.assertTrue(any("honest" in action for action in stopped), stopped)
        self.assertTrue(any("/x" in action for action in stopped), stopped)
        self.assertGreater(learned["decisions"], learned["different"])
        self.assertEqual(learned["different"], len(stopped))
        # Tried, not put in force: the honest fetch still goes, and with the rules it does not.
        self.assertIn("taken", self.hardshell.send(honest).stdout)
        own = self.hardshell.home / ".config/hardshell/policy/learned.cedar"
        own.write_text(rules.read_text())
        self.hardshell.cli("policy", "reload")
        self.assertNotIn("taken", self.hardshell.send(honest, check=False).stdout)
        own.unlink()
        self.hardshell.cli("policy", "reload")

    def test_each_playbook_runs_step_by_step_and_leaves_who_did_what(self):
        names = [line.split()[0] for line in self.hardshell.cli("incident", "playbook").stdout.splitlines()]
        self.assertEqual(sorted(names), ["hijacked-session", "leaked-credential", "leaver", "lost-laptop",
                                         "malicious-skill", "poisoned-memory"])
        self.hardshell.send("list the files here")
        for playbook in names:
            with self.subTest(playbook):
                opened = self.hardshell.json("incident", "open", "--reason", f"a drill of {playbook}", "--playbook",
                                             playbook)
                steps = self.steps(playbook)
                self.assertGreaterEqual(len(steps), 4)
                for number, step in enumerate(steps):
                    # The next step is the one that is shown, and it cannot be closed before the last.
                    shown = self.hardshell.cli("incident", "show", opened["id"]).stdout
                    self.assertIn(f"Next: hardshell incident step {opened['id']} {step} ", shown)
                    self.assertNotEqual(self.hardshell.cli("incident", "close", opened["id"], "--reason", "too soon",
                                                           check=False).returncode, 0)
                    self.hardshell.cli("incident", "step", opened["id"], step, "--reason", f"did {step}",
                                       *(["--skip"] if number == 1 else []))
                closed = self.hardshell.json("incident", "close", opened["id"], "--reason", "the drill is over")
                done = [(e["step"], e["state"], e["text"]) for e in closed["entries"] if e["what"] == "step"]
                self.assertEqual(done, [(step, "skipped" if number == 1 else "done", f"did {step}")
                                        for number, step in enumerate(steps)])
                self.assertTrue(all(entry["person"] for entry in closed["entries"]))
        # Each entry is a record of the log.
        recorded = [e for e in self.hardshell.events(500) if e["kind"] == "incident"]
        self.assertEqual(sum(e["outcome"] == "closed" for e in recorded), 6)

    def steps(self, playbook):
        lines = self.hardshell.cli("incident", "playbook", playbook).stdout.splitlines()
        return [line[4:].split()[0] for line in lines if line.startswith("[ ]")]

    def verify(self, bundle, keys):
        """With the scripts of this source tree and the keys from elsewhere; empty when it verifies."""
        done = subprocess.run([sys.executable, str(harness.SOURCE / "tools/verify_evidence.py"), str(bundle),
                               "--log-key", keys["log_key"], "--genesis-key", keys["genesis_key"]],
                              text=True, capture_output=True)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def test_drift_finds_an_attempt_on_the_log_and_ships_it_as_a_finding(self):
        lines = self.hardshell.home / "siem.jsonl"
        with self.hardshell.config_file.open("a") as stream:
            stream.write(f'\n[files]\nroots = ["{self.hardshell.home}/.local"]\n[[ship]]\nname = "siem"\nkind = "file"\npath = "{lines}"\n')
        self.hardshell.send(f"read {self.hardshell.state}/audit/checkpoint")
        found = self.hardshell.json("drift")["findings"]
        self.assertEqual([(one["kind"], one["severity"]) for one in found], [("log_attempt", "high")])
        self.assertEqual(self.hardshell.json("drift", "--record")["recorded"], 1)
        self.assertEqual(self.hardshell.json("drift", "--record")["recorded"], 0)
        self.hardshell.cli("audit", "ship", "test")
        shipped = [json.loads(line) for line in lines.read_text().splitlines()]
        self.assertEqual([one["severity_id"] for one in shipped if one["class_uid"] == 2004], [4])


if __name__ == "__main__":
    unittest.main()
