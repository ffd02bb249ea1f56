"""What a person does with policy, end to end: try, allow, exceptions, classes, assessments, the
organisation's text, hostile files, and every recorded decision again."""
import json
import os
import pathlib
import pty
import select
import time
import unittest

import harness

POLICIES = harness.SOURCE / "policies"
# What is shipped takes less than a second for each; checked builds on a loaded machine take longer.
SECONDS_MAX = 20


class Files(unittest.TestCase):
    """check, test and tiers need no daemon."""

    def setUp(self):
        self.hardshell = harness.Installation()
        self.addCleanup(self.hardshell.close)

    def test_the_presets_pass_their_tables_and_lint(self):
        tested = self.hardshell.json("policy", "test", str(POLICIES))
        self.assertGreater(tested["cases"], 150)
        self.assertEqual(tested["failures"], 0)
        self.assertIn(f"{tested['cases']} cases, 0 failures",
                      self.hardshell.cli("policy", "test", str(POLICIES)).stdout)
        self.assertTrue(self.hardshell.json("policy", "check", str(POLICIES))["clean"])

    def test_the_enterprise_tiers_are_the_list_that_reviewers_ask_for(self):
        overview = self.hardshell.json("policy", "tiers", "--preset", "enterprise")["overview"]
        self.assertEqual(overview["permitted"], ["personal productivity", "documentation", "open-source work",
                                                 "internal tools (non-production)"])
        self.assertEqual(overview["needs_approval"], ["internal repositories", "CI/CD integration"])
        self.assertEqual(overview["prohibited"], ["production systems", "customer data",
                                                  "security infrastructure", "credential storage"])
        for zone in ("production Kubernetes", "databases (read replicas too)",
                     "internal APIs with authentication", "CI/CD control planes"):
            self.assertIn(zone, overview["blocked_zones"])
        self.assertEqual(overview["default"], "deny")

    def test_a_table_that_is_not_met_names_the_line(self):
        folder = self.hardshell.home / "mine"
        (folder / "tests").mkdir(parents=True)
        (folder / "tests/own.toml").write_text('[given]\nproject = "/p"\n\n[[case]]\ndo = "read /etc/shadow"\n'
                                               'expect = "allow"\n')
        done = self.hardshell.cli("policy", "test", str(folder), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("own.toml:5", done.stdout)
        self.assertIn("expected allow, got deny", done.stdout)

    def test_lint_finds_consent_that_removes_exceptions_without_end_and_dead_rules(self):
        rules = self.hardshell.home / "rules.cedar"
        head = "permit (principal, action, resource)"
        for text, wanted in (
                (f'@id("a") {head} unless {{ context.base.approved }};', "consent could remove"),
                (f'@id("a") @owner("x") @justification("y") {head};', "needs an end"),
                (f'@id("a") {head};\n@id("b") {head};', "decides nothing beyond"),
                ('@id("a") @reason("r") forbid (principal, action, resource);\n@id("b") ' + head + ";",
                 "never grants")):
            rules.write_text(text)
            done = self.hardshell.cli("policy", "check", str(rules), check=False)
            self.assertEqual(done.returncode, 1, text)
            self.assertIn(wanted, done.stdout)


class Running(unittest.TestCase):
    def setUp(self):
        self.hardshell = harness.Installation(self.config())
        self.addCleanup(self.hardshell.close)
        self.hardshell.send("list the files here")

    def config(self):
        return ""

    def outcome(self, *words, **options):
        return self.hardshell.json("policy", "try", *words, **options)["outcome"]

    def changes(self):
        return [e for e in self.hardshell.events() if e["kind"] == "policy.change"]

    def replay(self):
        report = self.hardshell.json("policy", "replay")
        self.assertTrue(report["clean"], report)
        return report


class Daily(Running):
    def test_trying_does_nothing_and_says_why(self):
        tried = self.hardshell.json("policy", "try", "run touch made.txt")
        self.assertEqual(tried["outcome"], "ask")
        self.assertFalse((self.hardshell.project / "made.txt").exists())
        self.assertEqual(self.outcome("read", "README.md"), "allow")
        self.assertEqual(self.outcome("read .env"), "deny")
        self.assertEqual(self.outcome("read ~/.ssh/id_rsa"), "deny")
        self.assertEqual(self.outcome("get https://example.com/"), "allow")
        self.assertEqual(self.outcome("get https://example.com/", "--preset", "locked"), "deny")
        self.assertIn("personal-credential-files", self.hardshell.cli("policy", "try", "read .env").stdout)
        wrong = self.hardshell.cli("policy", "try", "frobnicate x", check=False)
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("run git push", wrong.stderr)

    def test_from_denied_to_granted_with_the_commands_that_the_messages_name(self):
        self.assertEqual(self.hardshell.send("run touch made.txt", check=False).returncode, 4)
        for approval in self.hardshell.approvals():
            self.hardshell.cli("approvals", "deny", approval["id"])
        shown = self.hardshell.cli("policy", "allow", "last", check=False)
        self.assertEqual(shown.returncode, 1)  # nobody said yes
        self.assertIn("Nothing was written", shown.stdout)
        self.assertIn("The assistant may run exactly touch made.txt", shown.stdout)
        self.assertEqual(self.outcome("run touch made.txt"), "ask")
        written = self.hardshell.json("policy", "allow", "last", "--yes")
        self.assertTrue(written["written"])
        self.hardshell.send("run touch made.txt")
        self.assertTrue((self.hardshell.project / "made.txt").exists())
        self.assertEqual(self.outcome("run touch other.txt"), "ask")
        self.assertEqual(self.outcome("run touch made.txt", "--untrusted"), "ask")
        change = [e for e in self.changes() if e["outcome"] == "allowed"][-1]
        self.assertIn("touch made.txt", change["detail"]["rule"])
        self.assertEqual(change["person"], f"uid {os.getuid()}")
        self.hardshell.cli("policy", "forget", written["id"])
        self.assertEqual(self.outcome("run touch made.txt"), "ask")
        self.replay()

    def test_a_rule_for_words_with_an_end(self):
        done = self.hardshell.json("policy", "allow", "run make", "--until", "2h", "--because", "release day", "--yes")
        self.assertIn("@expires", done["rule"])
        self.assertEqual(self.outcome("run make"), "allow")
        again = self.hardshell.cli("policy", "allow", "run make", "--yes", check=False)
        self.assertIn("no rule is needed", again.stderr)
        never = self.hardshell.cli("policy", "allow", "read .env", "--yes", check=False)
        self.assertEqual(never.returncode, 1)
        self.assertIn("no rule of the person layer can allow it", never.stderr)

    def test_an_exception_lifts_one_target_until_it_is_revoked(self):
        page = "get https://build.corp/"
        denied = self.hardshell.cli("policy", "try", page).stdout
        self.assertIn("policy exception request", denied)
        self.assertEqual(self.hardshell.cli("policy", "exception", "request", page, check=False).returncode, 1)
        asked = self.hardshell.json("policy", "exception", "request", page, "--because", "look at the build",
                                    "--until", "1d")
        self.assertEqual((asked["then"], asked["takes"]), ("ask", "nobody else"))
        self.assertEqual(self.outcome(page), "deny")
        self.assertEqual(len(self.hardshell.json("policy", "exception", "list")["requests"]), 1)
        self.assertEqual(self.hardshell.json("policy", "exception", "grant", asked["id"])["status"], "granted")
        self.assertEqual(self.outcome(page), "ask")
        self.assertEqual(self.outcome("get https://other.corp/"), "deny")
        self.assertEqual(self.outcome("send POST https://build.corp/"), "deny")
        self.hardshell.cli("stop")
        self.hardshell.send("list the files here")  # it outlives the daemon
        self.assertEqual(self.outcome(page), "ask")
        self.hardshell.cli("policy", "exception", "revoke", asked["id"])
        self.assertEqual(self.outcome(page), "deny")
        self.assertEqual([e["outcome"] for e in self.changes() if e.get("id") == asked["id"]],
                         ["requested", "granted", "revoked"])
        for words in ("revoke", "grant"):
            self.assertEqual(self.hardshell.cli("policy", "exception", words, asked["id"], check=False).returncode, 1)
        credential = self.hardshell.cli("policy", "exception", "request", "read .env", "--because", "x", check=False)
        self.assertIn("no exception lifts this", credential.stderr)

    def test_replay_and_diff_over_changes_of_policy(self):
        self.hardshell.send("run uname -a")
        self.hardshell.send("read .env", check=False)
        self.hardshell.cli("policy", "allow", "run touch a.txt", "--yes")
        self.hardshell.send("run touch a.txt")
        # Too large for a record: sealed beside the log.
        self.hardshell.send("run ls " + " ".join(f"name{i:05}" for i in range(900)), check=False)
        report = self.replay()
        self.assertGreaterEqual(report["decisions"], 5)
        same = self.hardshell.json("policy", "diff", "now")
        self.assertEqual(same["different"], 0)
        done = self.hardshell.cli("policy", "diff", "locked", "--days", "2", "--json", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertGreater(json.loads(done.stdout)["changes"]["allow → deny"], 1)
        self.assertEqual(self.hardshell.json("policy", "diff", "personal", "personal")["different"], 0)
        # A set that was changed behind our back is noticed.
        self.hardshell.replays = False
        kept = next((self.hardshell.state / "policy-sets/files").iterdir())
        kept.write_text(kept.read_text() + "\n")
        broken = self.hardshell.cli("policy", "replay", check=False)
        self.assertEqual(broken.returncode, 1)
        self.assertIn("was changed", broken.stdout)

    def test_why_tells_rules_layers_facts_and_the_change(self):
        (self.hardshell.project / ".env").write_text("KEY=planted")
        self.hardshell.send("read .env", check=False)
        said = self.hardshell.cli("why", "last").stdout
        for text in ("deny", "personal-credential-files (built-in layer): forbids", "holds credential data",
                     "What would change it"):
            self.assertIn(text, said)


class Hostile(Running):
    """Whatever lies in the folder, the set in force stays, within a second, and the place is named."""

    def test_each_is_refused_with_its_place_and_recorded(self):
        mine = self.hardshell.home / ".config/hardshell/policy/mine.cedar"
        before = self.hardshell.json("policy", "show")
        scope = "permit (principal, action, resource)"
        cases = {
            "half": ('@id("a") permit (principal, action', "mine.cedar:1:"),
            "no id": (scope + ";", "mine.cedar:1"),
            "two": (f'@id("a") {scope};\n@id("a") {scope};', "mine.cedar:2"),
            "parentheses": (f'@id("a") {scope} when {{ ' + "(" * 100_000, "mine.cedar:1:"),
            "nested sets": (f'@id("a") {scope} when {{ ' + "[" * 100_000, "mine.cedar:1:"),
            "not": (f'@id("a") {scope} when {{ ' + "!" * 100_000 + "true };", "mine.cedar:1:"),
            "beyond 64 bits": (f'@id("a")\n{scope} when {{ context.base.session.calls < 9223372036854775808 }};',
                               "mine.cedar:2:"),
            "encoding": (b'@id("a")\n\xff\xfe permit', "mine.cedar:2:"),
            "UTF-16": (scope.encode("utf-16"), "mine.cedar:1:"),
            "unknown fact": (f'@id("a") {scope} when {{ context.base.aproved }};', "mine.cedar:1:"),
            "typo in an annotation": (f'@id("a") @sandbx("read") {scope};', "mine.cedar:1"),
            "100 MB": (b" " * 100_000_000, "mine.cedar:1:1"),
            "100 MB of rules": (b'@id("a") permit (principal, action, resource);\n' * 2_000_000, "mine.cedar:1:1"),
            "4 MB of rules": (b'@id("a") permit (principal, action, resource);\n' * 80_000, "mine.cedar:2"),
        }
        for name, (text, place) in cases.items():
            mine.write_bytes(text if isinstance(text, bytes) else text.encode())
            began = time.monotonic()
            done = self.hardshell.cli("policy", "reload", check=False)
            self.assertEqual(done.returncode, 1, name)
            self.assertIn(place, done.stderr, name)
            self.assertIn("Nothing has changed", done.stderr, name)
            self.assertLess(time.monotonic() - began, SECONDS_MAX, name)
            now = self.hardshell.json("policy", "show")
            self.assertEqual((now["digest"], now["generation"]), (before["digest"], before["generation"]), name)
            self.assertEqual(self.outcome("read README.md"), "allow", name)
        refused = [e for e in self.changes() if e["outcome"] == "refused"]
        self.assertEqual(len(refused), len(cases))
        pid = self.hardshell.processes()["hardshell-keeper"]
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        peak_kib = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
        self.assertLess(peak_kib, 512 << 10)
        mine.unlink()
        self.hardshell.cli("policy", "reload")

    def test_tables_too(self):
        folder = self.hardshell.home / ".config/hardshell"
        for path, text, place in (
                ("policy/exceptions.toml", "[[exception]]\nid = \"x\"\n", "exceptions.toml:1"),
                ("policy/exceptions.toml", "[" * 100_000, "exceptions.toml:1:"),
                ("policy/exceptions.toml", "a = 9223372036854775808\n", "exceptions.toml:1:"),
                ("policy/exceptions.toml", "a = 1\na = 2\n", "exceptions.toml:2:"),
                ("governance/projects.toml", "[[project]]\nfolder = \"relative\"\nclass = \"production\"\n",
                 "projects.toml:2"),
                ("governance/assessments.toml", "x" * 3_000_000, "assessments.toml:1:1")):
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text)
            done = self.hardshell.cli("policy", "reload", check=False)
            self.assertEqual(done.returncode, 1, path)
            self.assertIn(place, done.stderr)
            (folder / path).unlink()
        self.hardshell.cli("policy", "reload")

    def test_a_file_that_does_not_belong_is_refused_and_links_and_pipes_are_not_followed_into(self):
        folder = self.hardshell.home / ".config/hardshell/policy"
        (folder / "rules.ceder").write_text("x")
        done = self.hardshell.cli("policy", "reload", check=False)
        self.assertIn("rules.ceder", done.stderr)
        (folder / "rules.ceder").unlink()
        os.mkfifo(folder / "pipe.cedar")
        (folder / "loop.cedar").symlink_to("loop.cedar")
        self.hardshell.cli("policy", "reload", timeout=20)


class Terminal(Running):
    """What a person sees and types."""

    def type(self, arguments, lines, enter, seconds=30):
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.hardshell.project)
            program = str(self.hardshell.programs / "hardshell")
            os.execve(program, [program, *arguments], {**self.hardshell.environment, "TERM": "xterm"})
        seen, deadline = "", time.monotonic() + seconds
        for wanted, line in lines:
            while wanted not in seen:
                self.assertLess(time.monotonic(), deadline, seen)
                if select.select([terminal], [], [], 0.5)[0]:
                    seen += os.read(terminal, 65536).decode(errors="replace")
            os.write(terminal, (line + enter).encode())
        while time.monotonic() < deadline:
            try:
                seen += os.read(terminal, 65536).decode(errors="replace")
            except OSError:
                break
        os.close(terminal)
        return seen, os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

    def test_a_chat_has_a_prompt_and_names_the_command_for_what_is_denied(self):
        seen, code = self.type(["chat"], [("›", "fetch http://192.168.1.10/"), ("policy exception request", "/quit")],
                               "\r")
        self.assertEqual(code, 0, seen)

    def test_one_answer_for_all_that_a_message_asks_for(self):
        models = harness.FakeModels()
        self.addCleanup(models.close)
        with self.hardshell.config_file.open("a") as config:
            config.write(harness.with_model(models))
        self.hardshell.cli("stop", check=False)
        self.hardshell.send("x", check=False)
        self.hardshell.cli("secret", "set", "fake-key", stdin=models.key + "\n")
        write = [{"tool": "files_write", "arguments": {"path": f"{name}.txt", "content": name}}
                 for name in ("one", "two")]
        models.script({"reply": write}, {"reply": "both are there"}, {"reply": write}, {"reply": "done"})
        seen, code = self.type(["chat"], [("›", "make them"), ("[a]pprove all 2", "a"),
                                          ("both are there", "/quit")], "\r")
        self.assertEqual(code, 0, seen)
        self.assertIn("2 actions need your approval", seen)
        self.assertEqual((self.hardshell.project / "two.txt").read_text(), "two")
        for name in ("one", "two"):
            (self.hardshell.project / f"{name}.txt").unlink()
        seen, code = self.type(["chat"], [("›", "again"), ("[a]pprove all 2", "o"), ("[d]eny", "a"),
                                          ("2. ", "d"), ("done", "/quit")], "\r")
        self.assertTrue((self.hardshell.project / "one.txt").exists(), seen)

    def test_from_denied_to_granted_by_answering_yes(self):
        page = "get http://192.168.1.10/"
        self.assertEqual(self.outcome(page), "deny")
        seen, code = self.type(["policy", "exception", "request", page, "--because", "my own server"],
                               [("[y/N]", "y")], "\n")
        self.assertEqual(code, 0, seen)
        self.assertEqual(self.outcome(page), "ask")
        seen, code = self.type(["policy", "allow", page], [("[y/N]", "y")], "\n")
        self.assertEqual(code, 0, seen)
        self.assertEqual(self.outcome(page), "allow")
        seen, code = self.type(["policy", "allow", "run touch x"], [("[y/N]", "n")], "\n")
        self.assertEqual(code, 1, seen)
        self.assertEqual(self.outcome("run touch x"), "ask")


class Enterprise(Running):
    """An organisation with roles, its own classes and a text to acknowledge."""

    def config(self):
        return ""

    def setUp(self):
        self.hardshell = harness.Installation()
        self.addCleanup(self.hardshell.close)
        self.organisation = self.hardshell.home / "organisation"
        (self.organisation / "policy").mkdir(parents=True)
        (self.organisation / "people.toml").write_text(
            '[[person]]\nname = "token bob"\nroles = ["security"]\n\n'
            '[[person]]\nname = "token eve"\nroles = ["security", "repository-owner"]\n\n'
            '[[person]]\nname = "token tom"\nroles = ["marketing"]\n')
        with self.hardshell.config_file.open("a") as stream:
            stream.write(f'\n[policy]\npreset = "enterprise"\n[organisation]\nfolder = "{self.organisation}"\n')
        self.tokens = {}
        for name in ("bob", "eve", "tom"):
            text = self.hardshell.cli("token", "add", name, "--scopes", "approve").stdout.strip()
            path = self.hardshell.home / f"{name}.token"
            path.write_text(text + "\n")
            self.tokens[name] = path

    def start(self):
        return self.hardshell.send("read README.md", check=False)

    def test_default_deny_names_the_class_as_the_way_and_classifying_grants(self):
        said = self.start().stdout
        self.assertIn("project classify", said)
        self.assertNotIn("second line", said)
        (self.hardshell.project / "LICENSE").write_text("Apache")
        looked = self.hardshell.json("project", "classify")
        self.assertEqual((looked["class"], looked["suggested"]), ("unclassified", "open_source"))
        self.hardshell.cli("project", "classify", str(self.hardshell.project), "open_source")
        self.assertIn("second line", self.hardshell.send("read README.md").stdout)
        self.assertEqual(self.hardshell.json("project", "list")["projects"][0]["class"], "open_source")
        self.assertEqual([e["outcome"] for e in self.changes()][-1], "classified")
        self.replay()

    def test_a_class_below_what_the_folder_looks_like_is_refused(self):
        self.start()
        (self.hardshell.project / "kubeconfig").write_text("x")
        looked = self.hardshell.json("project", "classify")
        self.assertEqual(looked["suggested"], "production")
        self.assertEqual(looked["evidence"][0]["seen"], ["kubeconfig"])
        folder = str(self.hardshell.project)
        done = self.hardshell.cli("project", "classify", folder, "open_source", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("projects.toml", done.stderr)
        self.hardshell.cli("project", "classify", folder, "production")
        self.assertEqual(self.outcome("read README.md"), "deny")
        self.assertEqual(self.hardshell.cli("project", "classify", folder, "nonsense", check=False).returncode, 1)

    def test_the_organisations_class_cannot_be_changed_and_a_nested_one_is_another_project(self):
        (self.organisation / "projects.toml").write_text(
            f'[[project]]\nfolder = "{self.hardshell.project}"\nclass = "internal_tools"\n\n'
            f'[[project]]\nfolder = "{self.hardshell.project}/live"\nclass = "production"\n')
        (self.hardshell.project / "live").mkdir()
        (self.hardshell.project / "live/x.txt").write_text("planted")
        self.assertIn("second line", self.start().stdout)
        self.assertNotIn("planted", self.hardshell.send("read live/x.txt", check=False).stdout)
        done = self.hardshell.cli("project", "classify", str(self.hardshell.project), "open_source", check=False)
        self.assertIn("the organisation has classified", done.stderr)

    def test_four_eyes_on_exceptions_and_approvals(self):
        self.start()
        self.hardshell.cli("project", "classify", str(self.hardshell.project), "internal_tools")
        asked = self.hardshell.json("policy", "exception", "request", "get https://wiki.corp/", "--because",
                                    "migration", "--until", "2d")
        self.assertIn("2 of security", asked["takes"])
        own = self.hardshell.cli("policy", "exception", "grant", asked["id"], check=False)
        self.assertEqual(own.returncode, 1)
        self.assertIn("it takes 2 of security", own.stderr)
        grant = ("policy", "exception", "grant", asked["id"], "--token-file")
        self.assertEqual(self.hardshell.cli(*grant, str(self.tokens["tom"]), check=False).returncode, 1)
        first = self.hardshell.json(*grant, str(self.tokens["bob"]))
        self.assertEqual(first["status"], "open")
        again = self.hardshell.json(*grant, str(self.tokens["bob"]))
        self.assertEqual(again["status"], "open")  # the same person twice is one
        self.assertEqual(self.outcome("get https://wiki.corp/"), "deny")
        second = self.hardshell.json(*grant, str(self.tokens["eve"]))
        self.assertEqual((second["status"], second["approver"]), ("granted", "token bob, token eve"))
        self.assertEqual(self.outcome("get https://wiki.corp/"), "ask")
        # What needs somebody else's approval is not approved by who asked.
        self.hardshell.cli("project", "classify", str(self.hardshell.project), "internal_repository")
        self.assertEqual(self.hardshell.send("read README.md", check=False).returncode, 4)
        approval = self.hardshell.approvals()[0]["id"]
        self.assertIn("may not approve", self.hardshell.cli("approvals", "approve", approval, check=False).stderr)
        token = {name: path.read_text().strip() for name, path in self.tokens.items()}
        status, _ = self.hardshell.http("POST", f"/v1/approvals/{approval}", {"consent": True}, token["bob"])
        self.assertEqual(status, 200)
        self.replay()

    def test_an_exception_granted_alone_under_another_preset_lifts_nothing_here(self):
        text = self.hardshell.config_file.read_text()
        self.hardshell.config_file.write_text(text.replace('"enterprise"', '"work"'))
        self.start()
        asked = self.hardshell.json("policy", "exception", "request", "get https://wiki.corp/", "--because", "x")
        self.hardshell.cli("policy", "exception", "grant", asked["id"])
        self.assertEqual(self.outcome("get https://wiki.corp/"), "ask")
        self.hardshell.cli("stop")
        self.hardshell.config_file.write_text(text)
        self.start()
        self.hardshell.cli("project", "classify", str(self.hardshell.project), "internal_tools")
        self.assertEqual(self.outcome("get https://wiki.corp/"), "deny")

    def test_the_acceptable_use_text_is_acknowledged_once_a_version(self):
        text = self.organisation / "acceptable-use.md"
        text.write_text("Do no harm.\n")
        refused = self.start()
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("hardshell acceptable-use", refused.stderr)
        self.assertIn("Do no harm.", self.hardshell.cli("acceptable-use").stdout)
        self.assertEqual(self.hardshell.cli("acceptable-use", "acknowledge", check=False).returncode, 1)
        wrong = self.hardshell.cli("acceptable-use", "acknowledge", "--version", "000000000000", check=False)
        self.assertEqual(wrong.returncode, 1)
        self.hardshell.cli("acceptable-use", "acknowledge", "--yes")
        self.hardshell.cli("project", "classify", str(self.hardshell.project), "internal_tools")
        self.assertIn("second line", self.start().stdout)
        self.assertIn("acknowledged", [e["outcome"] for e in self.changes()])
        text.write_text("Do no harm, and write it down.\n")
        self.hardshell.cli("policy", "reload")
        self.assertIn("hardshell acceptable-use", self.start().stderr)
        self.hardshell.cli("acceptable-use", "acknowledge", "--yes")
        self.assertIn("second line", self.start().stdout)

    def test_a_provider_is_known_once_it_is_assessed(self):
        with self.hardshell.config_file.open("a") as stream:
            stream.write('\n[provider.far]\nkind = "openai"\nurl = "https://models.example/v1"\nmodel = "m-1"\n'
                         'retains = false\n[model]\ndefault = "offline"\n')
        self.start()
        self.assertEqual(self.outcome("infer far"), "deny")
        opened = self.hardshell.json("assess", "start", "provider/far")
        self.assertEqual(opened["state"], "open")
        answers = {q["id"]: "no" if q["kind"] == "yes-no" else "somebody"
                   for q in self.hardshell.json("assess", "show", "provider/far")["questions"]}
        answers.update(known="yes", internal="yes", pinned="yes")
        last = answers.popitem()
        half = self.hardshell.json("assess", "answer", "provider/far", *[f"{k}={v}" for k, v in answers.items()])
        self.assertEqual((half["state"], half["open"]), ("open", [last[0]]))
        self.assertEqual(self.outcome("infer far"), "deny")
        whole = self.hardshell.json("assess", "answer", "provider/far", f"{last[0]}={last[1]}")
        self.assertEqual((whole["state"], whole["tier"]), ("in force", "tier2"))
        self.assertEqual(self.outcome("infer far"), "allow")
        done = self.hardshell.cli("assess", "answer", "provider/far", "keeps=perhaps", check=False)
        self.assertIn("yes or no", done.stderr)
        self.assertIn("assessed", [e["outcome"] for e in self.changes()])
        # It expires after a quarter.
        book = self.hardshell.home / ".config/hardshell/governance/assessments.toml"
        text = book.read_text()
        until = next(line for line in text.splitlines() if line.startswith("until"))
        book.write_text(text.replace(until, 'until = "2020-01-01"'))
        self.hardshell.cli("policy", "reload")
        self.assertEqual(self.hardshell.json("assess", "list")["items"][0]["state"], "expired")
        self.assertEqual(self.outcome("infer far"), "deny")

    def test_a_security_review_is_not_vouched_for_by_its_requester(self):
        self.start()
        done = self.hardshell.cli("assess", "review", "mcp/tickets", "--digest", "d1", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("2 of security", done.stderr)
        (self.organisation / "assurances.toml").write_text(
            '[[item]]\nitem = "mcp/tickets"\ntier = "tier2"\npersists = false\nknown_provider = true\n')
        self.assertEqual(self.outcome("call tickets/list"), "deny")
        self.hardshell.cli("policy", "reload")
        self.hardshell.cli("project", "classify", str(self.hardshell.project), "internal_tools")
        self.assertEqual(self.outcome("call tickets/list"), "allow")

    def test_the_organisations_rules_hold_above_the_persons(self):
        (self.organisation / "policy/org.cedar").write_text(
            '@id("org-no-readme") @reason("not the readme")\nforbid (principal, action == '
            'Hardshell::Action::"file.read", resource) when { resource.name == "README.md" };\n')
        (self.hardshell.home / ".config/hardshell/policy/mine.cedar").write_text(
            '@id("mine") permit (principal, action, resource);\n')
        self.start()
        self.hardshell.cli("project", "classify", str(self.hardshell.project), "internal_tools")
        tried = self.hardshell.json("policy", "try", "read README.md")
        self.assertEqual((tried["outcome"], tried["forbidden_by"][0]),
                         ("deny", {"id": "org-no-readme", "layer": "organisation"}))
        # What needs approval cannot be granted away from below.
        self.assertEqual(self.outcome("send POST https://example.com/"), "ask")


if __name__ == "__main__":
    unittest.main()
