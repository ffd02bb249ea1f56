"""What went to which model provider: a scripted model reads real files and memories, with one provider
elsewhere and one on this machine. The ledger names exactly what went, from records that prove
themselves; what a provider does not accept goes to one that does, or nowhere."""
import json
import re
import time
import unittest

import harness
from harness import call

PASSWORD = "kQ83hfPw" + "92ab"


class Leakage(unittest.TestCase):
    with_local = True

    def setUp(self):
        self.cloud = harness.FakeModels(key="sk-cloud-0123456789")
        self.addCleanup(self.cloud.close)
        self.here = harness.FakeModels(key="sk-here-0123456789")
        self.addCleanup(self.here.close)
        self.hardshell = harness.Installation()
        self.addCleanup(self.hardshell.close)
        self.project = self.hardshell.project
        (self.project / "long.txt").write_text("".join(f"line number {i}\n" for i in range(1, 301)))
        (self.project / "other.txt").write_text("a needle\nhay\nhay\nanother needle\n")
        (self.project / "unread.txt").write_text("nobody reads this\n")
        (self.project / "deploy.txt").write_text(f"host=db\nurl=postgres://bob:{PASSWORD}@db/x\nport=1\n")
        (self.project / "customers.csv").write_text("name,city\nDora Example,Oslo\n")
        (self.project / "README.md").write_text("# A project\n")
        with self.hardshell.config_file.open("a") as stream:
            stream.write(self.providers())
        self.hardshell.send("list files here", "--model", "offline")  # starts the daemon, tells nobody
        self.hardshell.cli("secret", "set", "cloud-key", stdin=self.cloud.key + "\n")
        if self.with_local:
            self.hardshell.cli("secret", "set", "here-key", stdin=self.here.key + "\n")

    def providers(self):
        text = (f'\n[provider.cloud]\nkind = "anthropic"\nurl = "http://127.0.0.1:{self.cloud.port}"\n'
                'model = "fake-1"\ncredential = "cloud-key"\nplace = "us-east"\nretention = "30 days"\n'
                'accepts = ["public", "internal", "source_code", "personal"]\n')
        if self.with_local:
            text += (f'[provider.here]\nkind = "anthropic"\nurl = "http://127.0.0.1:{self.here.port}"\n'
                     'model = "fake-1"\ncredential = "here-key"\nplace = "local"\n')
        fallbacks = '["here"]' if self.with_local else "[]"
        return text + f'[model]\ndefault = "cloud"\nfallbacks = {fallbacks}\n'

    def settle(self):
        """Until the last record is in a signed checkpoint."""
        self.hardshell.cli("stop")

    def ledger(self, *options):
        return {row["provider"]: row for row in self.hardshell.json("leakage", *options)["providers"]}

    @staticmethod
    def named(row):
        return {item["name"]: item for item in row["items"] if item["what"] in ("file", "memory", "page")}

    def path(self, name):
        return str(self.project / name)

    def test_exactly_the_files_and_lines_are_named(self):
        self.cloud.script(call("files_read", path="long.txt", offset_lines=10, limit_lines=20),
                          call("files_grep", pattern="needle"),
                          call("files_read", path="long.txt", offset_lines=30, limit_lines=5),
                          {"reply": "all read"})
        self.assertIn("all read", self.hardshell.send("Look through it").stdout)
        self.settle()
        ledger = self.ledger()
        self.assertEqual(set(ledger), {"cloud"})
        cloud = ledger["cloud"]
        self.assertEqual((cloud["place"], cloud["retention"], cloud["local"]), ("us-east", "30 days", False))
        self.assertEqual(cloud["calls"], 4)
        self.assertEqual(cloud["bytes"], self.cloud.stats()["bytes"])
        named = self.named(cloud)
        self.assertEqual(set(named), {self.path("long.txt"), self.path("other.txt")})
        long = named[self.path("long.txt")]
        self.assertEqual(long["lines"], [[11, 35]])
        first = sum(len(f"line number {i}\n") for i in range(11, 31))
        second = sum(len(f"line number {i}\n") for i in range(31, 36))
        # Three calls carried the first page, one the second: each text once, and all that went.
        self.assertEqual((long["bytes"], long["sent_bytes"], long["times"]),
                         (first + second, 3 * first + second, 4))
        self.assertEqual(long["classes"], ["internal"])
        self.assertEqual(named[self.path("other.txt")]["lines"], [[1, 1], [4, 4]])
        for row in (cloud["items"][0], cloud["items"][-1]):
            for record in row["records"]:
                event = self.hardshell.json("audit", "show", str(record))
                self.assertEqual((event["kind"], event["provider"]), ("model.call", "cloud"))
        # A proof of one of them holds without the log.
        proof = self.hardshell.home / "call.proof"
        proof.write_text(self.hardshell.cli("audit", "prove", str(long["records"][0])).stdout)
        key = (self.hardshell.state / "log-key").read_text().strip()
        self.hardshell.cli("audit", "check-proof", str(proof), "--log-key", key)
        self.assertTrue(self.hardshell.json("audit", "verify")["verified"])
        # The contents are not in the log, in whatever form a digest would tell them.
        for path in (self.hardshell.state / "audit").rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                self.assertNotIn(b"line number 12", content, path)
                self.assertNotIn(b"another needle", content, path)
        text = self.hardshell.cli("leakage").stdout
        self.assertIn("long.txt  lines 11-35", text)
        self.assertIn("keeps: 30 days", text)
        self.assertNotIn("unread.txt", text)

    def test_wishes_narrow_it(self):
        self.cloud.script(call("files_read", path="long.txt", limit_lines=1), {"reply": "read"})
        self.hardshell.send("Read a line")
        self.settle()
        self.assertEqual(set(self.ledger("--file", "long.txt")), {"cloud"})
        only = self.ledger("--file", "project/long.txt")["cloud"]["items"]
        self.assertEqual([(item["what"], item["name"]) for item in only],
                         [("file", self.path("long.txt"))])
        self.assertEqual(self.ledger("--file", "unread.txt"), {})
        self.assertEqual(self.ledger("--provider", "here"), {})
        self.assertEqual(set(self.ledger("--provider", "cloud")), {"cloud"})
        self.assertEqual(set(self.ledger("--project", str(self.project))), {"cloud"})
        self.assertEqual(self.ledger("--project", "elsewhere"), {})
        self.assertEqual(set(self.ledger("--since", "1h")), {"cloud"})
        time.sleep(1.1)
        self.assertEqual(self.ledger("--since", "1s"), {})
        wrong = self.hardshell.cli("leakage", "--since", "yesterday", check=False)
        self.assertIn("24h", wrong.stderr)

    def test_what_was_replaced_is_told_at_its_file(self):
        self.cloud.script(call("files_read", path="deploy.txt"), {"reply": "read"})
        self.assertIn("read", self.hardshell.send("How is it deployed?").stdout)
        self.assertNotIn(PASSWORD, self.cloud.stats()["lastToolResult"])
        self.settle()
        cloud = self.ledger()["cloud"]
        deploy = self.named(cloud)[self.path("deploy.txt")]
        self.assertEqual(sum(deploy["redacted"].values()), 1, deploy["redacted"])
        self.assertEqual(list(cloud["redacted"]), list(deploy["redacted"]))
        self.assertIn("credential", deploy["classes"])
        self.assertNotIn("credential", cloud["classes"])
        self.assertIn("replaced: 1 ", self.hardshell.cli("leakage", "--file", "deploy.txt").stdout)

    def test_memories_are_named_by_their_ids(self):
        self.cloud.script({"reply": [{"tool": "remember", "arguments": {"text": "I prefer green tea"}}]},
                          {"reply": "kept"}, {"reply": "tea, then"})
        self.hardshell.send("Remember: I prefer green tea")
        memory = self.hardshell.json("memory", "list")["entries"][0]["id"]
        self.hardshell.send("Which tea do I prefer?")
        self.settle()
        row = self.named(self.ledger()["cloud"])[memory]
        self.assertEqual((row["what"], row["times"]), ("memory", 1))
        self.assertGreater(row["bytes"], len("I prefer green tea"))

    def test_customer_data_stays_here(self):
        self.cloud.script(call("files_read", path="customers.csv"), {"reply": "never asked"})
        self.here.script({"expect": {"tool_result": "Dora Example"}, "reply": "one customer"},
                         {"reply": "still here"})
        done = self.hardshell.send("How many customers?", "--session", "c")
        self.assertIn("one customer", done.stdout)
        self.assertIn("cloud does not accept customer data", done.stdout + done.stderr)
        self.assertIn("still here", self.hardshell.send("And now?", "--session", "c").stdout)
        # Not even when it is asked for by its name.
        self.here.script({"reply": "here again"})
        again = self.hardshell.send("And you?", "--session", "c", "--model", "cloud")
        self.assertIn("here again", again.stdout)
        self.assertEqual(self.cloud.stats()["requests"], 1)
        # Nor when the one that may have it fails.
        self.here.script(*[{"status": 400, "error": {"type": "invalid_request_error", "message": "no"}}] * 4)
        self.hardshell.send("Once more", "--session", "c", check=False)
        self.assertEqual(self.cloud.stats()["requests"], 1)
        self.settle()
        ledger = self.ledger()
        self.assertNotIn(self.path("customers.csv"), self.named(ledger["cloud"]))
        customers = self.named(ledger["here"])[self.path("customers.csv")]
        self.assertIn("customer", customers["classes"])
        self.assertTrue(ledger["here"]["local"])
        self.assertEqual(set(self.ledger("--file", "customers.csv")), {"here"})
        event = self.hardshell.json("audit", "show", str(customers["records"][0]))
        self.assertEqual(event["detail"]["passed_over"], [{"provider": "cloud", "classes": ["customer"]}])
        self.assertTrue(self.hardshell.json("audit", "verify")["verified"])

    def test_the_class_survives_a_restart(self):
        self.cloud.script(call("files_read", path="customers.csv"), {"reply": "never asked"})
        self.here.script({"reply": "one"}, {"reply": "after the restart"})
        self.hardshell.send("How many?", "--session", "c")
        self.hardshell.cli("stop")
        self.assertIn("after the restart", self.hardshell.send("And now?", "--session", "c").stdout)
        self.assertEqual(self.cloud.stats()["requests"], 1)
        self.settle()
        # The file is known by its lines from the store too, and counts as the same text.
        customers = self.named(self.ledger()["here"])[self.path("customers.csv")]
        size = (self.project / "customers.csv").stat().st_size
        self.assertEqual((customers["bytes"], customers["sent_bytes"], customers["lines"]),
                         (size, 2 * size, [[1, 2]]))


class WithoutALocalOne(Leakage):
    with_local = False
    test_exactly_the_files_and_lines_are_named = None
    test_wishes_narrow_it = None
    test_what_was_replaced_is_told_at_its_file = None
    test_memories_are_named_by_their_ids = None
    test_the_class_survives_a_restart = None

    def test_customer_data_stays_here(self):
        self.cloud.script(call("files_read", path="customers.csv"), {"reply": "never asked"})
        done = self.hardshell.send("How many customers?", "--session", "c", check=False)
        said = done.stdout + done.stderr
        self.assertIn("cloud (us-east) does not accept customer data", said)
        self.assertIn("/new", said)
        self.assertEqual(self.cloud.stats()["requests"], 1)
        decision = re.search(r"hardshell why (\w+)", said)[1]
        self.assertIn("builtin-provider-class", self.hardshell.cli("why", decision).stdout)
        self.settle()
        cloud = self.ledger()["cloud"]
        self.assertEqual((cloud["calls"], cloud["refused"]), (1, 1))
        self.assertEqual(self.ledger("--file", "customers.csv"), {})
        # A new conversation is free of it.
        self.cloud.script({"reply": "a new one"})
        self.assertIn("a new one", self.hardshell.send("Hello").stdout)

    def test_a_person_can_say_that_it_may_go(self):
        self.cloud.script(call("files_read", path="customers.csv"), {"reply": "one customer"})
        self.hardshell.cli("config", "set", "provider.cloud.accepts", "internal,customer")
        self.hardshell.cli("stop")
        self.assertIn("one customer", self.hardshell.send("How many?").stdout)
        self.settle()
        self.assertIn("customer", self.ledger()["cloud"]["classes"])

    def test_a_place_that_is_not_here_cannot_be_called_local(self):
        config = self.hardshell.config_file.read_text()
        self.hardshell.cli("stop")
        self.hardshell.config_file.write_text(
            config.replace(f"http://127.0.0.1:{self.cloud.port}", "https://model.example")
            .replace('place = "us-east"', 'place = "local"'))
        wrong = self.hardshell.cli("send", "--start", "Hello", check=False)
        self.assertIn("no address of this machine", wrong.stderr + self.hardshell.log())
        self.hardshell.config_file.write_text(config)
        explained = json.loads(self.hardshell.cli("config", "explain", "provider.", "--json").stdout)
        self.assertIn("provider.*.place", [row["key"] for row in explained["settings"]])


if __name__ == "__main__":
    unittest.main()
