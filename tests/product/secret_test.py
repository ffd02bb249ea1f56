"""Secrets: bound to hosts, methods, paths and programs, placed in each form, rotated, found lying about.
Policy and binding are two checks: each refuses alone."""
import base64
import json
import os
import shutil
import unittest

import network_test
from network_test import Network

VALUE = "tok_0123456789abcdefXYZ/+planted"


class Forms(Network):
    def setUp(self):
        super().setUp()
        self.api = network_test.WORLD.api

    def set(self, name, *more, value=VALUE):
        self.hardshell.cli("secret", "set", name, "--host", "api.example.com", *more, stdin=value + "\n")

    def get(self, path, *more, plain=True):
        done = self.run_in("curl", "-sS", *more, "https://api.example.com" + path, plain=plain)
        self.assertNotIn(VALUE, done.stdout + done.stderr)
        return done

    def seen(self, text):
        found = self.api.asked(text)
        return found[-1]["headers"].get("Authorization") if found else "not asked"

    def uses(self, outcome):
        return [event for event in self.hardshell.events(400) if event["kind"] == "secret.use"
                and event.get("outcome") == outcome]

    def test_basic_is_the_users_name_and_the_value(self):
        self.set("deploy", "--form", "basic", "--user", "bot")
        done = self.get("/echo", "-u", "bot:hs_placeholder_deploy")
        expected = "Basic " + base64.b64encode(f"bot:{VALUE}".encode()).decode()
        self.assertEqual(self.seen("/echo"), expected, done.stderr)
        self.assertNotIn(expected[6:], done.stdout)  # echoed by the server, and taken out again

    def test_git_takes_it_and_nothing_else_does(self):
        self.set("deploy", "--form", "git")
        done = self.run_in("git", "clone", "-q", "https://api.example.com/project.git", "cloned")
        self.assertEqual(done.returncode, 0, done.stderr)
        expected = "Basic " + base64.b64encode(f"x-access-token:{VALUE}".encode()).decode()
        self.assertEqual(self.seen("/project.git/info/refs"), expected)
        self.assertEqual(self.seen("/project.git/git-upload-pack"), expected)
        self.get("/echo")
        self.assertIsNone(self.seen("/echo"))
        for path in (self.hardshell.project / "cloned").rglob("*"):
            if path.is_file():
                self.assertNotIn(VALUE.encode(), path.read_bytes())

    def test_query_and_path_take_it_where_its_placeholder_stands(self):
        self.set("deploy", "--form", "query", "--header", "token")
        self.get("/echo?token=hs_placeholder_deploy&x=1")
        self.get("/hello?x=2")
        lines = [one["line"] for one in self.api.seen]
        self.assertIn("GET /echo?token=tok_0123456789abcdefXYZ%2F%2Bplanted&x=1", lines)
        self.assertIn("GET /hello?x=2&token=tok_0123456789abcdefXYZ%2F%2Bplanted", lines)
        self.hardshell.cli("secret", "bind", "deploy", "--form", "path")
        self.get("/bot/hs_placeholder_deploy/echo")
        self.assertTrue(self.api.asked("/bot/tok_0123456789abcdefXYZ%2F%2Bplanted/echo"))
        said = json.dumps(self.hardshell.events(400))
        self.assertNotIn("tok_0123456789abcdefXYZ", said)
        self.assertIn("hs_placeholder_deploy", said)  # what the record knows instead

    def test_a_body_takes_it_escaped(self):
        self.set("deploy", "--form", "body", value='a"quoted/0123456789')
        turn = self.in_background("curl", "-sS", "-H", "Content-Type: application/json", "-d",
                                  '{"key":"hs_placeholder_deploy"}', "https://api.example.com/post")
        self.hardshell.cli("approvals", "approve", self.hardshell.wait_for_approval(30)["id"])
        said, errors = turn.communicate(timeout=30)
        self.assertIn("posted", said, errors)
        self.assertEqual(json.loads(self.api.asked("POST /post")[-1]["body"]), {"key": 'a"quoted/0123456789'})

    def test_methods_and_paths_are_held(self):
        self.set("deploy", "--method", "GET", "--path", "/echo", "--path", "/team/")
        self.get("/echo")
        self.assertEqual(self.seen("GET /echo"), "Bearer " + VALUE)
        self.get("/team/project")
        self.assertEqual(self.seen("GET /team/project"), "Bearer " + VALUE)
        self.get("/echo", "-I")
        self.assertIsNone(self.seen("HEAD /echo"))
        for path in ("/hello", "/team", "/teams/x", "/team/../hello", "/team/%2e%2e/hello"):
            self.api.seen.clear()
            self.get(path, "--path-as-is")
            # A path with dots may be refused altogether; with the credential it never goes.
            for one in self.api.seen:
                self.assertIsNone(one["headers"].get("Authorization"), path)

    def test_two_programs_with_the_same_placeholder_are_told_apart(self):
        curl = os.path.realpath(shutil.which("curl"))
        self.set("deploy", "--executable", curl)
        # Run by itself: behind env it would be env that was permitted.
        self.get("/echo", "-H", "Authorization: Bearer hs_placeholder_deploy", plain=False)
        self.assertEqual(self.seen("/echo"), "Bearer " + VALUE)
        # The same words from another program: the placeholder goes nowhere.
        self.api.seen.clear()
        done = self.run_in("/usr/bin/python3", "-c", "import urllib.request as u; r = u.Request("
                           "'https://api.example.com/echo', headers={'Authorization': 'Bearer hs_placeholder_deploy'});"
                           "print(u.urlopen(r).read())", plain=False)
        self.assertIn("403", done.stderr)
        self.assertFalse(self.api.asked("/echo"))
        # What a permitted program is started by is what counts: a shell is not curl.
        self.run_in("sh", "-c", "curl -sS https://api.example.com/echo", plain=False)
        self.assertIsNone(self.seen("/echo"))

    def test_policy_alone_refuses_what_the_binding_would_give(self):
        self.set("deploy")
        self.rules("""
            @id("test-no-secrets")
            forbid (principal, action == Hardshell::Action::"secret.use", resource);
            """)
        self.get("/echo")
        self.assertIsNone(self.seen("/echo"))

    def test_rotation_and_rebinding_hold_at_once(self):
        self.set("deploy")
        self.get("/echo")
        self.hardshell.cli("secret", "rotate", "deploy", stdin="tok_second_0123456789\n")
        self.get("/echo")
        self.assertEqual(self.seen("/echo"), "Bearer tok_second_0123456789")
        self.hardshell.cli("secret", "bind", "deploy", "--only", "--host", "other.example.com")
        self.api.seen.clear()
        self.get("/echo")
        self.assertNotEqual(self.seen("/echo"), "Bearer tok_second_0123456789")
        placed = [event["secret"] for event in self.uses("placed")]
        self.assertEqual(placed, ["deploy", "deploy"])


class Words(Network):
    def secret(self, *arguments, **options):
        return self.hardshell.cli("secret", *arguments, **options)

    def test_show_bind_rotate_and_never_the_value(self):
        self.secret("set", "deploy", "--host", "api.example.com", "--every", "30", "--class", "token",
                    stdin=VALUE + "\n")
        for command in (("show", "deploy"), ("list",), ("show", "deploy", "--json"), ("list", "--json"),
                        ("bind", "deploy", "--path", "/v1/", "--method", "GET"), ("rotate", "deploy", "--every", "7")):
            self.assertNotIn(VALUE, self.secret(*command).stdout)
        shown = self.hardshell.json("secret", "show", "deploy")
        self.assertEqual((shown["class"], shown["paths"], shown["methods"], shown["rotate_after_days"], shown["used"]),
                         ("token", ["/v1/"], ["GET"], 7, ""))
        for arguments, word in ((("show", "none"), "no secret named none"), (("bind", "deploy"), "--host"),
                                (("bind", "deploy", "--path", "/a/../b"), "paths"),
                                (("bind", "deploy", "--executable", "curl"), "whole paths")):
            done = self.secret(*arguments, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(word, done.stderr)

    def test_import_moves_in_what_lies_about_and_audit_finds_what_stays(self):
        home, project = self.hardshell.home, self.hardshell.project
        (project / ".env").write_text("# local\nMY_API_KEY=planted-in-env-file-1\nDEBUG=1\n")
        (home / ".bashrc").write_text("alias ll=ls\nexport OPENAI_API_KEY=\"sk-planted-in-bashrc-2\"\n")
        openclaw = home / ".openclaw/openclaw.json"
        openclaw.parent.mkdir()
        openclaw.write_text('{\n "channels": {\n  "botToken": "planted-in-openclaw-3"\n }\n}\n')
        (home / ".claude.json").write_text('{\n "env": {\n  "ANTHROPIC_API_KEY": "sk-ant-planted-4"\n }\n}\n')
        self.hardshell.environment["GITLAB_TOKEN"] = "glpat-planted-in-environment-5"
        values = ["planted-in-env-file-1", "sk-planted-in-bashrc-2", "planted-in-openclaw-3", "sk-ant-planted-4",
                  "glpat-planted-in-environment-5"]
        before = self.secret("audit", check=False)
        self.assertEqual(before.returncode, 1)
        self.assertEqual(before.stdout.count("in plain text"), 5, before.stdout)
        looked = self.secret("import")
        self.assertIn("--yes", looked.stdout)
        self.assertEqual(self.hardshell.json("secret", "list")["secrets"], [])
        done = self.secret("import", "--yes")
        for value in values:
            self.assertNotIn(value, before.stdout + looked.stdout + done.stdout)
        for words in (f"delete line 2 of {project / '.env'}", f"delete line 2 of {home / '.bashrc'}",
                      f"delete line 3 of {openclaw}", "unset GITLAB_TOKEN"):
            self.assertIn(words, done.stdout)
        kept = {item["name"]: item["hosts"] for item in self.hardshell.json("secret", "list")["secrets"]}
        self.assertEqual(kept, {"my_api_key": "", "openai": "api.openai.com", "bottoken": "",
                                "anthropic": "api.anthropic.com", "gitlab": "gitlab.com"})
        findings = self.hardshell.json("secret", "audit", check=False)["findings"]
        self.assertEqual(len([one for one in findings if "a twin in plain text" in one["what"]]), 5)
        self.assertEqual({one["secret"] for one in findings if "goes nowhere" in one["what"]},
                         {"my_api_key", "bottoken"})
        # Deleted as it was told, nothing of it is left.
        del self.hardshell.environment["GITLAB_TOKEN"]
        for path in (project / ".env", home / ".bashrc", openclaw, home / ".claude.json"):
            path.unlink()
        self.secret("bind", "my_api_key", "--host", "api.example.com")
        self.secret("bind", "bottoken", "--host", "api.example.com")
        clean = self.secret("audit")
        self.assertIn("Nothing is old", clean.stdout)
        # Another value under a name that is taken is never put over it.
        (project / ".env").write_text("MY_API_KEY=another-planted-value\n")
        again = self.secret("import", "--yes")
        self.assertIn("secret rotate my_api_key", again.stdout)

    def test_audit_names_what_is_bound_too_widely(self):
        hosts = [word for name in "abcd" for word in ("--host", f"{name}.example.com")]
        self.secret("set", "wide", *hosts, stdin=VALUE + "\n")
        findings = self.hardshell.json("secret", "audit", check=False)["findings"]
        self.assertEqual([one["what"] for one in findings], ["over-bound: 4 hosts may receive it"])


if __name__ == "__main__":
    if network_test.ALONE not in os.environ:
        network_test.enter_namespace()
    network_test.WORLD = network_test.World()
    unittest.main(verbosity=2)
