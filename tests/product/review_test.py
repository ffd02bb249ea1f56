"""The regular review and a leaver, end to end: what was never used, what could be narrower, sealed reports, keys
revoked, conversations handed over or made unreadable."""
import json
import shutil
import subprocess
import sys
import unittest

import harness

OWN = """@id("wide-run")
@sandbox("work")
permit (principal is Hardshell::Agent, action == Hardshell::Action::"run", resource);
@id("never-used")
permit (principal is Hardshell::Agent, action == Hardshell::Action::"http.send", resource);
"""


def verify(bundle, *keys):
    done = subprocess.run([sys.executable, str(harness.SOURCE / "tools/verify_evidence.py"), str(bundle), *keys],
                          text=True, capture_output=True)
    return done.returncode == 0, done.stdout + done.stderr


class Reviewed(unittest.TestCase):
    def setUp(self):
        self.hardshell = harness.Installation()
        self.addCleanup(self.hardshell.close)
        policy = self.hardshell.home / ".config/hardshell/policy"
        policy.mkdir(exist_ok=True)
        (policy / "test.cedar").write_text(OWN)
        # What the preset asks about, so that the own rule was needed.
        self.hardshell.send("run touch made.txt", "--session", "work")
        self.hardshell.cli("secret", "set", "deploy", "--host", "h.example", stdin="planted-0123456789\n")
        keys = self.hardshell.json("audit", "keys")
        self.keys = ["--log-key", keys["log_key"], "--genesis-key", keys["genesis_key"]]

    def test_a_review_names_what_is_unused_and_what_could_be_narrower(self):
        self.remember("the report is due on Friday")
        report = self.hardshell.json("review", "show")
        self.assertIn("never-used", [row["id"] for row in report["permissions"]["unused"]])
        wide = {row["id"]: row for row in report["permissions"]["wide"]}
        self.assertEqual(wide["wide-run"]["uses"], 1)
        self.assertIn("touch", wide["wide-run"]["narrower"][0]["rule"])
        self.assertEqual([row["name"] for row in report["secrets"]], ["deploy"])
        skills = {row["name"]: row for row in report["skills"]}
        self.assertIn(("enabled", 0), {(row["state"], row["uses"]) for row in skills.values()})
        self.assertEqual(report["memory"]["kept"], 1)
        self.assertTrue(report["memory"]["verified"])
        shown = self.hardshell.cli("review", "show").stdout
        for part in ("never-used", "Skills and their use", "never used", "1 kept", "Exceptions", "deploy",
                     "Providers", "Self-assessments"):
            self.assertIn(part, shown)
        folder = self.hardshell.home / "review"
        self.hardshell.cli("review", "attest", str(folder), "--reason", "looked at all of it")
        good, said = verify(folder, *self.keys)
        self.assertTrue(good, said)
        self.assertIn("looked at all of it", (folder / "attestation.txt").read_text())
        self.assertEqual([event["outcome"] for event in self.hardshell.events() if event["kind"] == "review"],
                         ["begun", "attested"])
        (folder / "review.json").write_text("{}")
        self.assertFalse(verify(folder, *self.keys)[0])

    def remember(self, text):
        self.hardshell.send(f"remember {text}")
        return [one["id"] for one in self.hardshell.json("memory", "list")["entries"] if text in one["text"]][0]

    def test_a_leaver_hands_over_and_nothing_opens_any_more(self):
        folder = self.hardshell.home / "handed"
        self.remember("the report is due on Friday")
        self.assertNotEqual(self.hardshell.cli("exit", str(folder), "--reason", "leaves", check=False).returncode, 0)
        self.hardshell.cli("exit", str(folder), "--reason", "leaves on Friday", "--yes")
        good, said = verify(folder, *self.keys)
        self.assertTrue(good, said)
        self.assertIn("touch made.txt", (folder / "sessions/work.json").read_text())
        memory = json.loads((folder / "memory.json").read_text())
        self.assertEqual((memory["memories"], memory["state"]), (1, "handed over"))
        handed = [json.loads(line) for line in (folder / "memory.jsonl").read_text().splitlines()]
        self.assertIn("the report is due on Friday", handed[0]["text"])
        self.assertIn("1 handed over in memory.jsonl", (folder / "report.txt").read_text())
        revoked = json.loads((folder / "revoked.json").read_text())
        self.assertEqual(revoked["secrets"], [{"hosts": "h.example", "secret": "deploy"}])
        self.assertTrue(revoked["tokens"])
        self.hardshell.send("list the files here")
        self.assertEqual(self.hardshell.json("secret", "list")["secrets"], [])
        self.assertEqual(self.hardshell.json("token", "list")["tokens"], [])

    def test_erased_by_its_key(self):
        folder = self.hardshell.home / "erased"
        memory = self.remember("the report is due on Friday")
        # What must not be forgotten is not erased by leaving either, and nothing else was done.
        self.hardshell.cli("memory", "hold", memory, "--reason", "a court has asked for it")
        refused = self.hardshell.cli("exit", str(folder), "--reason", "leaves", "--yes", "--erase", check=False)
        self.assertIn("under a hold", refused.stderr)
        self.assertEqual([row["name"] for row in self.hardshell.json("secret", "list")["secrets"]], ["deploy"])
        self.hardshell.cli("memory", "hold", memory, "--lift")
        self.hardshell.cli("exit", str(folder), "--reason", "leaves on Friday", "--yes", "--erase")
        good, said = verify(folder, *self.keys)
        self.assertTrue(good, said)
        self.assertFalse((folder / "sessions").exists())
        self.assertFalse((folder / "memory.jsonl").exists())
        parted = json.loads((folder / "memory.json").read_text())
        self.assertEqual((parted["memories"], parted["state"]), (1, "erased"))
        shown = json.loads(self.hardshell.cli("audit", "show", str(parted["records"][0])).stdout)
        self.assertEqual((shown["kind"], shown["outcome"]), ("memory.write", "key destroyed"))
        self.assertIn("1 erased by destroying the keys", (folder / "report.txt").read_text())
        self.assertFalse((self.hardshell.state / "master.key").exists())
        # What was sealed is still there, and nobody can read it: not even this installation.
        self.assertTrue((self.hardshell.state / "sessions.db").exists())
        done = self.hardshell.cli("send", "--start", "list the files here", check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.hardshell.replays = False
        copy = self.hardshell.home / "copy"
        shutil.copytree(folder, copy)
        (copy / "report.txt").write_text("nothing was kept\n")
        self.assertFalse(verify(copy, *self.keys)[0])


if __name__ == "__main__":
    unittest.main()
