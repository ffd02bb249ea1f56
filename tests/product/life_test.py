"""One life of the product, and one record for each fact that matters in it: every kind of docs/formats/audit-event.md
is really written by the product, says who, and leaves for the SIEM."""
import http.server
import json
import os
import re
import signal
import threading
import time
import unittest

import harness
from audit_test import Witness
from harness import FakeModels, Installation, call, with_model

POLICY = """@id("test-fetch")
permit (principal is Hardshell::Agent, action == Hardshell::Action::"http.get", resource);
"""
# What a life of a minute cannot hold, and the test that shows it.
ELSEWHERE = {"epoch.begun": "audit/log_test EpochsAdvanceByThemselvesWhileRecordsComeIn",
             "log.fork": "audit_test.py test_a_restored_snapshot_signs_nothing_until_a_recorded_fork",
             "tool.call": "flow_test.py, where plans are declared"}


def kinds_of_the_format():
    text = (harness.SOURCE / "docs/formats/audit-event.md").read_text()
    table = text.split("| kind | recorded when |")[1].split("\n\n")[0]
    return {kind for row in table.splitlines() if row.startswith("| `")
            for kind in re.findall(r"`([a-z_.]+)`", row.split("|")[1])}


class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *_):
        pass


class Life(unittest.TestCase):
    def setUp(self):
        self.models = FakeModels()
        self.addCleanup(self.models.close)
        self.hardshell = Installation(with_model(self.models, "local = true\n"))
        self.addCleanup(self.hardshell.close)
        policy = self.hardshell.home / ".config/hardshell/policy"
        policy.mkdir(exist_ok=True)
        (policy / "test.cedar").write_text(POLICY)
        self.lines = self.hardshell.home / "siem.jsonl"
        with self.hardshell.config_file.open("a") as stream:
            stream.write(f'\n[files]\nroots = ["{self.hardshell.home}/.local"]\n'
                         f'[[ship]]\nname = "siem"\nkind = "file"\npath = "{self.lines}"\n')
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def live(self):
        hardshell, models = self.hardshell, self.models
        self.lose_a_witness()
        hardshell.cli("secret", "set", "fake-key", "--host", "127.0.0.1", stdin=models.key + "\n")
        models.script(call("files_read", path="README.md"), {"reply": "read"})
        hardshell.send("what does it say?")
        models.script(call("http_fetch", url=f"http://127.0.0.1:{self.server.server_port}/x"), {"reply": "fetched"})
        hardshell.send("fetch it")
        # A person is asked, and says yes.
        models.script(call("shell_run", argv=["touch", "made.txt"]), {"reply": "made"})
        asking = hardshell.background("send", "make it")
        self.addCleanup(asking.stdout.close)
        self.addCleanup(asking.stderr.close)
        approval = hardshell.wait_for_approval()
        hardshell.cli("approvals", "approve", approval["id"])
        asking.wait(30)
        self.until((hardshell.project / "made.txt").exists)
        models.script(call("remember", text="the report is due on Friday", kind="fact"), {"reply": "kept"})
        hardshell.send("remember the report is due on Friday")
        for entry in hardshell.json("memory", "list")["entries"]:
            hardshell.cli("memory", "forget", entry["id"])
        skill = hardshell.home / "counts"
        skill.mkdir()
        (skill / "SKILL.md").write_text("---\nname: counts\ndescription: Counts words.\n---\nCount the words.\n")
        hardshell.cli("skill", "install", str(skill))
        hardshell.cli("config", "set", "turn.approval_minutes", "7")
        hardshell.cli("policy", "reload")
        self.sign_in_with_a_wrong_token()
        hardshell.cli("doctor", check=False, timeout=150)
        models.script(call("files_read", path=str(hardshell.state / "audit/checkpoint")), {"reply": "no"})
        hardshell.send("read the log")
        hardshell.cli("drift", "--record")
        hardshell.cli("audit", "ship", "test", check=False)
        hardshell.cli("incident", "open", "--reason", "a test")
        hardshell.cli("review", "attest", str(hardshell.home / "review"), "--reason", "looked at it")
        hardshell.cli("lockdown", "on", "--reason", "a test")
        hardshell.cli("lockdown", "lift", "--reason", "over")
        os.kill(hardshell.processes()["hardshell-egress"], signal.SIGKILL)
        self.until(lambda: any(e["kind"] == "process.crash" for e in self.events()))
        self.set_the_clock_back()
        hardshell.cli("exit", str(hardshell.home / "left"), "--reason", "leaves", "--yes", timeout=90)
        hardshell.send("help", check=False)  # its key is gone; the log goes on

    def lose_a_witness(self):
        self.hardshell.send("help", check=False)  # the model has no key yet; the log begins
        witness = Witness(self.hardshell, self.hardshell.home / "witness", self.hardshell.json("audit", "keys")["log_key"])
        self.hardshell.stop()
        with self.hardshell.config_file.open("a") as stream:
            stream.write(f'\n[[witness]]\nname = "w"\nurl = "{witness.url}"\nkey = "{witness.key}"\n'
                         'every_seconds = 1\n')
        self.hardshell.cli("status", check=False)
        self.hardshell.send("help", check=False)
        note = self.hardshell.state / "witness/w.note"
        self.until(note.exists)
        witness.close()

    def sign_in_with_a_wrong_token(self):
        for _ in range(3):
            status, _ = self.hardshell.http("GET", "/v1/status", token="wrong")
            self.assertEqual(status, 401)

    def set_the_clock_back(self):
        """As far as the log can tell: its last signature is of a time that has not come."""
        self.hardshell.stop()
        state = self.hardshell.state / "audit/private/state"
        text = state.read_text()
        later = int(re.search(r"time (\d+)", text)[1]) + 3_600_000
        state.write_text(re.sub(r"time \d+", f"time {later}", text))
        self.hardshell.send("help")

    def events(self):
        done = self.hardshell.cli("audit", "tail", "-n", "2000", "--json", check=False)
        return json.loads(done.stdout)["events"] if done.returncode == 0 else []

    def until(self, condition, seconds=30):
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, self.hardshell.log())
            time.sleep(0.2)

    def test_each_fact_has_its_record(self):
        self.live()
        events = self.events()
        seen = {}
        for event in events:
            seen.setdefault(event["kind"], []).append(event)
        print({kind: len(found) for kind, found in sorted(seen.items())})
        self.assertEqual(kinds_of_the_format() - set(seen) - set(ELSEWHERE), set())
        self.assertEqual(set(seen) - kinds_of_the_format(), set())
        self.whole_decisions(seen["decision"])
        outcomes = {kind: {event.get("outcome", "") for event in found} for kind, found in seen.items()}
        self.assertLessEqual({"allow", "ask", "deny"}, outcomes["decision"])
        self.assertLessEqual({"set", "placed", "opened"}, outcomes["secret.use"])
        self.assertLessEqual({"on", "lifted"}, outcomes["lockdown"])
        asked = {event["id"] for event in seen["approval.requested"]}
        self.assertLessEqual({event["id"] for event in seen["approval.answered"]}, asked)
        for kind in ("config.change", "skill.change", "policy.change", "log.read", "incident", "review", "leaver",
                     "approval.requested", "lockdown", "doctor"):
            with self.subTest(kind):
                self.assertTrue(all(event.get("person") for event in seen[kind]), seen[kind])
        refused = [event for event in seen["sign_in"] if event["outcome"] == "refused"]
        self.assertEqual(len(refused), 1, "once a minute, however often")
        self.assertNotIn("wrong", json.dumps(refused))
        self.assertEqual(seen["clock.jump"][0]["detail"]["jump_ms"] < -3_000_000, True)
        # An effect ended for each decision that was allowed and acted, and none for another.
        allowed = {event["decision"] for event in seen["decision"] if event["outcome"] == "allow"}
        self.assertLessEqual({event["decision"] for event in seen["effect.ended"]}, allowed)
        self.assertTrue(self.hardshell.json("audit", "verify")["verified"])
        self.in_the_siem(seen)

    def whole_decisions(self, decisions):
        """Each holds the request that was decided on, or names the sealed one."""
        for event in decisions:
            detail = event["detail"]
            self.assertTrue(("request" in detail and {"action", "question"} <= set(detail["request"]))
                            or event.get("content"), event)
            self.assertTrue(event["person"], event)
            self.assertIn("explanation", detail)

    def in_the_siem(self, seen):
        self.hardshell.cli("audit", "ship", "test", check=False)
        shipped = [json.loads(line) for line in self.lines.read_text().splitlines()]
        sequences = {one["metadata"]["sequence"] for one in shipped}
        self.assertEqual(sequences, set(range(max(sequences) + 1)))
        self.assertGreater(len(sequences), sum(len(found) for found in seen.values()) - 20)


if __name__ == "__main__":
    unittest.main()
