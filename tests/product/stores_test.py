"""Stores of secrets: Vault's API, AWS Secrets Manager, the session's keyring and sealed files, reached as the product
reaches them; and each trouble that a store can have. tests/peers proves the doubles with the official clients."""
import json
import os
import pathlib
import ssl
import subprocess
import time
import unittest
import urllib.request

import harness
import network_test
import servers
import session_keyring
from network_test import Network

VALUE = "sk-in-a-store-0123456789abcdef"


class Fake:
    """A double of tests/peers on loopback."""

    def __init__(self, name, *more, scheme="http", host="127.0.0.1"):
        self.scheme, self.host = scheme, host
        self.process = subprocess.Popen(["node", str(harness.PEERS / name), "--port", "0", *more],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[-1])

    def state(self, **change):
        url = f"{self.scheme}://{self.host}:{self.port}/test/state"
        request = urllib.request.Request(url, json.dumps(change).encode() if change else None,
                                         method="POST" if change else "GET")
        context = ssl._create_unverified_context() if self.scheme == "https" else None
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return json.load(answer)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class WithStore(Network):
    def begin(self, config):
        self.preset = config
        super().setUp()
        self.api = network_test.WORLD.api

    def setUp(self):
        pass  # each class begins with its own configuration

    def set_local(self, name, value, *more):
        return self.hardshell.cli("secret", "set", name, *more, stdin=value + "\n")

    def get(self, path="/echo", **options):
        return self.run_in("curl", "-sS", "https://api.example.com" + path, **options)

    def seen(self, text="/echo"):
        found = self.api.asked(text)
        return found[-1]["headers"].get("Authorization") if found else "not asked"

    def uses(self, outcome):
        return [event for event in self.hardshell.events(400) if event["kind"] == "secret.use"
                and event.get("outcome") == outcome]

    def wait_until(self, right, what, seconds=10):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if right():
                return
            time.sleep(0.05)
        raise AssertionError(f"{what} did not come\n{self.hardshell.log()}")

    def refused(self, word):
        """The request goes nowhere, the person reads why, and so does the record."""
        self.api.seen.clear()
        done = self.get()
        self.assertIn(word, done.stdout + done.stderr)
        self.assertEqual(self.seen(), "not asked")
        last = self.uses("refused")[-1]
        self.assertIn(word, last["reason"])
        self.assertEqual(last["detail"]["store"], self.store)
        self.assertNotIn(VALUE, done.stdout + done.stderr)


class Vault(WithStore):
    store = "team"

    def setUp(self):
        self.vault = Fake("fake_vault.mjs")
        self.addCleanup(self.vault.close)
        self.vault.state(keep={"secret/data/llm": {"key": VALUE, "number": 7, "lines": "a\nb"}})
        self.begin(f'\n[store.team]\nurl = "vault+http://127.0.0.1:{self.vault.port}"\nrole_id = "role-1"\n'
                   'credential = "team-login"\ntimeout_ms = 1500\n')
        self.set_local("team-login", "secret-id-planted-1")

    def name(self, reference="secret/data/llm#key", name="deploy"):
        return self.hardshell.cli("secret", "set", name, "--host", "api.example.com", "--store", "team", "--reference",
                                  reference)

    def test_a_value_is_fetched_for_its_use_and_lies_in_no_file(self):
        self.name()
        done = self.get()
        self.assertEqual(self.seen(), "Bearer " + VALUE, done.stderr)
        self.assertNotIn(VALUE, done.stdout)  # echoed, and taken out again
        self.assertEqual(self.uses("placed")[-1]["detail"]["store"], "team")
        asked = [one for one in self.connections() if one.get("purpose") == "store"]
        self.assertEqual([one["path"] for one in asked], ["/v1/auth/approle/login", "/v1/secret/data/llm"])
        shown = self.hardshell.json("secret", "show", "deploy")
        self.assertEqual((shown["store"], shown["reference"]), ("team", "secret/data/llm#key"))
        for path in self.hardshell.home.rglob("*"):
            if path.is_file():
                self.assertNotIn(VALUE.encode(), path.read_bytes(), path)
        stores = self.hardshell.json("secret", "stores")["stores"]
        self.assertEqual([(one["name"], one["state"], one["secrets"]) for one in stores], [("team", "answers", 1)])

    def test_what_it_is_opened_with_goes_nowhere_else(self):
        self.name()
        self.get()
        self.api.seen.clear()
        done = self.run_in("curl", "-sS", "-H", "X-Note: secret-id-planted-1", "https://api.example.com/hello")
        self.assertIn("team-login", done.stdout)
        self.assertFalse(self.api.asked("/hello"))
        refused = self.hardshell.cli("secret", "set", "team-login", "--store", "team", "--reference", "secret/data/x",
                                     check=False)
        self.assertIn("keeper's own file", refused.stderr)

    def test_sealed_slow_unreachable_and_wrong_each_refuse_by_name(self):
        self.name()
        self.vault.state(sealed=True)
        self.refused("the store team is sealed")
        self.vault.state(sealed=False, delay_ms=4000)
        self.refused("does not answer in time")
        self.vault.state(delay_ms=0, garbage="<html>")
        self.refused("wrong type")
        self.vault.state(garbage="")
        self.get()
        self.assertEqual(self.seen(), "Bearer " + VALUE)
        for reference, word in (("secret/data/llm#number", "wrong type"), ("secret/data/llm#lines", "wrong type"),
                                ("secret/data/llm#none", "no field none"), ("secret/data/none#x", "nothing under"),
                                ("secret/metadata/llm#key", "nothing under")):
            self.name(reference)
            self.refused(word)
        self.name()
        self.vault.close()
        self.refused("cannot be reached")
        trouble = self.hardshell.json("secret", "stores")["stores"][0]
        self.assertIn("cannot be reached", trouble["trouble"])

    def test_a_slow_store_keeps_nobody_else_waiting(self):
        self.name()
        self.set_local("other", "sk-local-0123456789", "--host", "other.example.com")
        self.get()  # logged in
        self.vault.state(delay_ms=1400)
        slow = self.in_background("curl", "-sS", "https://api.example.com/echo?slow")
        self.wait_until(lambda: self.vault.state()["seen"][-1]["path"] == "/v1/secret/data/llm", "the question")
        begun = time.monotonic()
        self.hardshell.cli("secret", "list")
        kept = time.monotonic() - begun
        slow.communicate(timeout=20)
        self.assertLess(kept, 1.2)

    def test_a_token_that_was_forgotten_is_replaced(self):
        self.name()
        self.get()
        self.vault.state(forget=True)
        self.get()
        self.assertEqual([event["outcome"] for event in self.uses("placed")], ["placed", "placed"])

    def test_a_wrong_login_and_none_say_what_to_set(self):
        self.name()
        self.set_local("team-login", "another")
        self.refused("set them anew")
        self.hardshell.cli("secret", "remove", "team-login")
        self.refused("hardshell secret set team-login")

    def test_a_lease_is_the_runs_and_ends_with_it(self):
        self.name("database/creds/app#password")
        done = self.run_in("sh", "-c", "curl -sS https://api.example.com/echo; curl -sS https://api.example.com/echo")
        seen = {one["headers"].get("Authorization") for one in self.api.asked("/echo")}
        self.assertEqual(len(seen), 1, done.stderr)  # one lease for both
        self.assertRegex(seen.pop(), "^Bearer dynamic-planted-")
        self.wait_until(lambda: self.vault.state()["leases"] == [], "the end of the lease")
        self.wait_until(lambda: self.uses("returned"), "the record")
        self.assertEqual(self.uses("returned")[-1]["detail"], {"store": "team", "leases": 1})
        self.get()
        self.assertNotIn(self.seen(), seen)

    def test_a_lease_that_expires_in_mid_use_is_replaced_or_refused(self):
        self.name("database/creds/app#password")
        self.vault.state(lease_s=1)
        self.run_in("sh", "-c", "curl -sS https://api.example.com/echo?1; sleep 2; curl -sS https://api.example.com/echo?2")
        first, second = (one["headers"].get("Authorization") for one in self.api.asked("/echo"))
        self.assertNotEqual(first, second)
        self.api.seen.clear()
        turn = self.in_background("sh", "-c", "curl -sS https://api.example.com/echo?1; sleep 3;"
                                              "curl -sS https://api.example.com/echo?2")
        self.wait_until(lambda: self.api.asked("echo?1"), "the first")
        self.vault.state(sealed=True)
        said, errors = turn.communicate(timeout=30)
        self.assertIn("sealed", said + errors)
        self.assertFalse(self.api.asked("echo?2"))
        self.assertIn("sealed", self.uses("refused")[-1]["reason"])
        self.assertEqual(self.hardshell.json("secret", "stores")["stores"][0]["leases"], 0)

    def test_a_lease_that_cannot_be_given_back_is_said(self):
        self.name("database/creds/app#password")
        turn = self.in_background("sh", "-c", "curl -sS https://api.example.com/echo; sleep 2")
        self.wait_until(lambda: self.api.asked("/echo"), "the request")
        self.vault.state(sealed=True)
        turn.communicate(timeout=30)
        self.wait_until(lambda: self.uses("not_returned"), "the record")
        self.assertIn("sealed", self.uses("not_returned")[-1]["reason"])

    def test_what_a_killed_keeper_had_leased_is_given_back_after_the_next_login(self):
        self.name("database/creds/app#password")
        turn = self.in_background("sh", "-c", "curl -sS https://api.example.com/echo; sleep 60")
        self.wait_until(lambda: self.vault.state()["leases"], "the lease")
        self.wait_until(lambda: self.api.asked("/echo"), "the request")
        before = self.vault.state()["leases"]
        os.kill(self.hardshell.processes()["hardshell-keeper"], 9)
        turn.communicate(timeout=30)
        self.assertEqual(self.vault.state()["leases"], before, "nobody was left to do it")
        self.wait_until(lambda: self.get().returncode == 0, "the next use", 20)
        self.wait_until(lambda: self.vault.state()["leases"] == [], "the end of both")
        self.assertFalse((self.hardshell.state / "leases-team").exists())

    def test_the_lockdown_gives_everything_back(self):
        self.name("database/creds/app#password")
        turn = self.in_background("sh", "-c", "curl -sS https://api.example.com/echo; sleep 30")
        self.wait_until(lambda: self.vault.state()["leases"], "the lease")
        self.wait_until(lambda: self.api.asked("/echo"), "the request")
        self.hardshell.cli("lockdown", "on", "--reason", "a test")
        self.wait_until(lambda: self.vault.state()["leases"] == [], "the end of the lease", 5)
        self.wait_until(lambda: self.vault.state()["tokens"] == 1, "the end of the login", 5)  # the root's is left
        turn.communicate(timeout=30)
        refused = self.hardshell.cli("secret", "check", "deploy", check=False)
        self.assertIn("lockdown", refused.stderr)

    def test_a_stop_logs_out(self):
        self.name()
        self.hardshell.cli("secret", "check", "deploy")
        self.assertEqual(self.vault.state()["tokens"], 2)
        self.hardshell.cli("stop")
        self.assertEqual(self.vault.state()["tokens"], 1)

    def test_check_leaves_no_lease_and_tells_no_value(self):
        self.name("database/creds/app#password")
        done = self.hardshell.cli("secret", "check", "deploy", "--json")
        self.assertEqual(json.loads(done.stdout), {"name": "deploy", "ok": True, "store": "team"})
        self.wait_until(lambda: self.vault.state()["leases"] == [], "the end of the lease")
        self.vault.state(sealed=True)
        done = self.hardshell.cli("secret", "check", "deploy", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("sealed", done.stderr)
        self.assertIn("sealed", self.uses("failed")[-1]["reason"])

    def test_bad_words_change_nothing(self):
        for words, said in ((("--store", "none", "--reference", "a#b"), "no store none"),
                            (("--store", "team"), "--reference"),
                            (("--store", "team", "--reference", "../sys/raw"), "PATH#FIELD"),
                            (("--store", "team", "--reference", "a?list=true"), "PATH#FIELD"),
                            (("--reference", "a#b"), "--store")):
            done = self.hardshell.cli("secret", "set", "deploy", "--host", "api.example.com", *words, check=False,
                                      stdin=VALUE + "\n")
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(said, done.stderr)
        self.assertEqual([one["name"] for one in self.hardshell.json("secret", "list")["secrets"]], ["team-login"])
        self.name()
        done = self.hardshell.cli("secret", "rotate", "deploy", check=False, stdin="new\n")
        self.assertIn("filled with its own tools", done.stderr)


class OverTls(WithStore):
    """At a name of the outside, with authorities of its own."""
    store = "team"

    def reach(self, ca):
        folder = pathlib.Path(network_test.WORLD.folder)
        vault = Fake("fake_vault.mjs", "--host", "93.184.215.14", "--cert", str(folder / "server.pem"), "--key",
                     str(folder / "server.key"), scheme="https", host="93.184.215.14")
        self.addCleanup(vault.close)
        vault.state(keep={"secret/data/llm": {"key": VALUE}})
        self.begin(f'\n[store.team]\nurl = "vault+https://api.example.com:{vault.port}"\n'
                   f'credential = "team-login"\nca = "{ca}"\n')
        self.set_local("team-login", "root-planted-1")
        self.hardshell.cli("secret", "set", "deploy", "--host", "api.example.com", "--store", "team", "--reference",
                           "secret/data/llm#key")
        return vault

    def test_the_authority_that_is_named_vouches(self):
        self.reach(pathlib.Path(network_test.WORLD.folder) / "ca.pem")
        self.get()
        self.assertEqual(self.seen(), "Bearer " + VALUE)

    def test_another_authority_does_not_and_no_login_leaves(self):
        folder = pathlib.Path(network_test.WORLD.folder) / "another"
        folder.mkdir(exist_ok=True)
        servers.Certificates(folder, ["x.example.com"])
        vault = self.reach(folder / "ca.pem")
        self.refused("cannot be reached")
        self.assertEqual(vault.state()["seen"], [])


class Idle(WithStore):
    store = "team"

    def test_what_nobody_asks_for_is_given_back(self):
        vault = Fake("fake_vault.mjs")
        self.addCleanup(vault.close)
        vault.state(keep={"secret/data/llm": {"key": VALUE}})
        self.begin(f'\n[store.team]\nurl = "vault+http://127.0.0.1:{vault.port}"\nrole_id = "role-1"\n'
                   'credential = "team-login"\nidle_seconds = 1\n')
        self.set_local("team-login", "secret-id-planted-1")
        self.hardshell.cli("secret", "set", "deploy", "--host", "api.example.com", "--store", "team", "--reference",
                           "secret/data/llm#key")
        self.hardshell.cli("secret", "check", "deploy")
        self.assertEqual(vault.state()["tokens"], 2)
        self.wait_until(lambda: vault.state()["tokens"] == 1, "the end of the login", 5)

    def test_a_given_token_is_left_to_its_giver(self):
        vault = Fake("fake_vault.mjs")
        self.addCleanup(vault.close)
        vault.state(keep={"secret/data/llm": {"key": VALUE}})
        self.begin(f'\n[store.team]\nurl = "vault+http://127.0.0.1:{vault.port}"\ncredential = "team-login"\n')
        self.set_local("team-login", "root-planted-1")
        self.hardshell.cli("secret", "set", "deploy", "--host", "api.example.com", "--store", "team", "--reference",
                           "secret/data/llm#key")
        self.get()
        self.assertEqual(self.seen(), "Bearer " + VALUE)
        self.hardshell.cli("stop")
        self.assertEqual(vault.state()["tokens"], 1)


class Aws(WithStore):
    store = "cloud"

    def setUp(self):
        self.aws = Fake("fake_aws.mjs")
        self.addCleanup(self.aws.close)
        self.begin(f'\n[store.cloud]\nurl = "aws+http://127.0.0.1:{self.aws.port}/eu-central-1"\n'
                   'access_key_id = "AKIDPLANTED"\ncredential = "cloud-login"\nsession = "cloud-session"\n')
        self.set_local("cloud-login", "aws-secret-planted-1")
        self.set_local("cloud-session", "session-planted-1")

    def name(self, reference):
        self.hardshell.cli("secret", "set", "deploy", "--host", "api.example.com", "--store", "cloud", "--reference",
                           reference)

    def test_a_secret_and_a_member_of_one(self):
        for reference, value in (("llm/key", "sk-aws-planted-1"), ("llm/keys#openai", "sk-aws-planted-2")):
            self.name(reference)
            self.get()
            self.assertEqual(self.seen(), "Bearer " + value)
        self.assertEqual(self.aws.state()["seen"][-1]["token"], "session-planted-1")

    def test_its_troubles_are_named(self):
        self.name("llm/key")
        self.aws.state(denied=True)
        self.refused("does not permit")
        self.aws.state(denied=False)
        self.set_local("cloud-login", "another")
        self.refused("does not know these credentials")
        self.set_local("cloud-login", "aws-secret-planted-1")
        self.name("none")
        self.refused("nothing under this reference")
        self.name("llm/key#x")
        self.refused("no field x")
        self.aws.close()
        self.refused("cannot be reached")


@unittest.skipIf(session_keyring.missing(), session_keyring.missing())
class Keyring(WithStore):
    store = "ring"

    def setUp(self):
        self.ring = session_keyring.SessionKeyring()
        self.addCleanup(self.ring.close)
        self.preset = '\n[store.ring]\nurl = "keyring:"\nclasses = ["password"]\n'
        original = harness.Installation.__init__
        address = self.ring.address

        def with_bus(installation, *arguments, **options):
            original(installation, *arguments, **options)
            installation.environment["DBUS_SESSION_BUS_ADDRESS"] = address

        harness.Installation.__init__ = with_bus
        try:
            Network.setUp(self)
        finally:
            harness.Installation.__init__ = original
        self.api = network_test.WORLD.api

    def set(self, value=VALUE, **options):
        return self.hardshell.cli("secret", "set", "deploy", "--host", "api.example.com", "--class", "password",
                                  stdin=value + "\n", **options)

    def test_a_class_of_secrets_lies_in_the_keyring_and_nowhere_else(self):
        self.assertIn("in the store ring", self.set().stdout)
        self.get()
        self.assertEqual(self.seen(), "Bearer " + VALUE)
        self.assertTrue([item for item in self.ring.items() if item.endswith("personal/deploy")])
        self.hardshell.cli("secret", "rotate", "deploy", stdin="sk-second-0123456789\n")
        self.get()
        self.assertEqual(self.seen(), "Bearer sk-second-0123456789")
        self.hardshell.cli("secret", "remove", "deploy")
        self.assertEqual([item for item in self.ring.items() if "deploy" in item], [])

    def test_locked_it_refuses_and_says_so(self):
        self.set()
        self.ring.lock()
        self.refused("the store ring is locked")
        done = self.set("another", check=False)
        self.assertEqual(done.returncode, 1)
        self.ring.unlock()
        self.get()
        self.assertEqual(self.seen(), "Bearer " + VALUE)
        self.ring.stop_service()
        self.refused("ring")


class Configured(WithStore):
    def test_one_store_for_a_space_and_a_class(self):
        self.begin('\n[store.a]\nurl = "sealed:"\nclasses = ["payment"]\n'
                   '\n[store.b]\nurl = "sealed:"\nclasses = ["payment", "other"]\n'
                   '\n[store.c]\nurl = "sealed:"\nspace = "work"\n'
                   '\n[store.d]\nurl = "vault+http://vault.example.com"\ncredential = "x"\n'
                   '\n[store.e]\nurl = "vault+https://vault.example.com"\n'
                   '\n[store.f]\nurl = "ftp://x"\n'
                   '\n[store.g]\nurl = "aws://eu-central-1"\ncredential = "x"\n')
        stores = {one["name"]: one for one in self.hardshell.json("secret", "stores")["stores"]}
        for name, word in (("b", "kept in the store a already"), ("c", "of the space work"), ("d", "plain http"),
                           ("e", "credential"), ("f", "sealed:, keyring:"), ("g", "access_key_id")):
            self.assertEqual(stores[name]["state"], "closed", name)
            self.assertIn(word, stores[name]["trouble"])
            done = self.hardshell.cli("secret", "set", "x", "--host", "api.example.com", "--store", name, "--class",
                                      "z", check=False, stdin="v\n")
            self.assertIn(word, done.stderr)
        self.set_local("card", VALUE, "--host", "api.example.com", "--class", "payment")
        self.set_local("plain", "sk-plain-0123456789", "--host", "other.example.com")
        self.assertEqual({one["name"]: one["store"] for one in self.hardshell.json("secret", "list")["secrets"]},
                         {"card": "a", "plain": ""})
        self.assertTrue((self.hardshell.state / "secrets-a").exists())
        self.get()
        self.assertEqual(self.seen(), "Bearer " + VALUE)
        for arguments, word in ((("--class", "payment", "--store", "c"), "space work"),
                                (("--class", "token", "--store", "a"), "takes no secrets of the class")):
            done = self.hardshell.cli("secret", "set", "x", "--host", "api.example.com", *arguments, check=False,
                                      stdin="v\n")
            self.assertIn(word, done.stderr)
        # A damaged file refuses what lies in it, and nothing else.
        self.store = "a"
        (self.hardshell.state / "secrets-a").write_bytes(b"nonsense")
        self.refused("does not open")
        self.hardshell.cli("secret", "check", "plain")


if __name__ == "__main__":
    if network_test.ALONE not in os.environ:
        network_test.enter_namespace()
    network_test.WORLD = network_test.World()
    unittest.main(verbosity=2)
