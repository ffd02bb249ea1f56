"""Platforms that deliver to us: WhatsApp (fake_graph.mjs, after Meta's documented payloads) and a webhook
signed by standardwebhooks' own library. Hostile requests first."""
import contextlib
import hashlib
import hmac
import http.client
import json
import re
import socket
import threading
import time
import unittest

import harness
from platforms_test import RULES, World

TOKEN, SECRET, ACCOUNT = "EAAG-planted-0123456789", "planted-app-secret-0123456789", "106540352242922"


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class Hooked(unittest.TestCase):
    path = ""

    def begin(self, world, kind, *more, secrets=""):
        self.world, self.port, self.kind = world, free_port(), kind
        self.addCleanup(world.close)
        self.hardshell = harness.Installation('\n[model]\ndefault = "offline"\n')
        self.addCleanup(self.hardshell.close)
        folder = self.hardshell.config_file.parent / "policy"
        folder.mkdir(exist_ok=True)
        (folder / "own.cedar").write_text(RULES)
        self.added = json.loads(self.hardshell.cli("channel", "add", kind, "--port", str(self.port), "--json", *more,
                                                   stdin=secrets).stdout)
        text = self.hardshell.config_file.read_text().replace(
            f"[channel.{kind}]\n", f'[channel.{kind}]\nproject = "{self.hardshell.project}"\napprovals = true\n')
        self.hardshell.config_file.write_text(text)
        self.hardshell.cli("stop")
        self.hardshell.cli("send", "--start", "help")
        self.world.until(self.listens, "the listener")

    def listens(self):
        with contextlib.suppress(OSError):
            return self.request("DELETE", b"")[0] == 405
        return False

    def request(self, method, body, headers=None, path=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path or f"/{self.kind}", body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def check_never(self, *secrets):
        for path in self.hardshell.state.rglob("*"):
            if path.is_file():
                for secret in secrets:
                    self.assertNotIn(secret.encode(), path.read_bytes(), path)


class WhatsApp(Hooked):
    def setUp(self):
        world = World("fake_graph.mjs", "--token", TOKEN, "--secret", SECRET, "--account", ACCOUNT)
        self.begin(world, "whatsapp", "--account", ACCOUNT, "--url", f"http://127.0.0.1:{world.port}/v23.0",
                   secrets=f"{TOKEN}\n{SECRET}\n")
        world.control("hook", url=f"http://127.0.0.1:{self.port}/whatsapp")

    def texts(self, user=None):
        return [one["text"]["body"] for one in self.world.messages() if "text" in one and user in (None, one["to"])]

    def pair(self, user, person=None):
        before = len(self.texts(user))
        self.world.control("say", user=user, text="pair")
        said = self.world.until(lambda: self.texts(user)[before:], "a code")[0]
        code = re.search(r"[a-z0-9]{4}-[a-z0-9]{4}", said).group()
        self.hardshell.cli("channel", "pair", code, *(["--as", person] if person else []))

    def signed(self, body):
        return {"Content-Type": "application/json",
                "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}

    def body(self, **message):
        held = {"from": "1631", "id": "wamid.x", "timestamp": str(int(time.time())), "type": "text",
                "text": {"body": "list the files here"}, **message}
        return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [
            {"field": "messages", "value": {"metadata": {"phone_number_id": ACCOUNT}, "messages": [held]}}]}]}).encode()

    def test_what_is_unsigned_oversized_or_malformed_reaches_nobody(self):
        self.pair("1631")
        count = len(self.world.messages())
        body = self.body()
        signed = self.signed(body)
        for status, headers, data in (
                (401, {"Content-Type": "application/json"}, body),
                (401, {**signed, "X-Hub-Signature-256": "sha256=" + "0" * 64}, body),
                (401, {**signed, "X-Hub-Signature-256": "sha256="}, body),
                (401, {**signed, "X-Hub-Signature-256": signed["X-Hub-Signature-256"].replace("sha256", "sha1")}, body),
                (401, signed, body.replace(b"list", b"lisp")),
                (401, signed, body + b" "),
                (415, {**signed, "Content-Type": "text/plain"}, body)):
            self.assertEqual(self.request("POST", data, headers)[0], status, headers)
        self.assertEqual(self.request("POST", body, signed, "/other")[0], 404)
        self.assertEqual(self.request("PUT", body, signed)[0], 405)
        with contextlib.suppress(OSError):  # it may close before all is written
            self.assertEqual(self.request("POST", b" " * (4 << 20), self.signed(b""))[0], 413)
        with contextlib.suppress(OSError):
            self.assertEqual(self.request("POST", body, {**signed, "X-Long": "x" * 20_000})[0], 431)
        # Signed, and still no message: no JSON, another's number, old, of the future, an unknown kind.
        for data in (b"no JSON", b"[]", body.replace(ACCOUNT.encode(), b"1"), self.body(timestamp="1600000000"),
                     self.body(timestamp=str(int(time.time()) + 4_000)), self.body(type="reaction"),
                     self.body(**{"from": "../1631"}), body.replace(b'"messages", "v', b'"account_update", "v')):
            self.assertEqual(self.request("POST", data, self.signed(data))[0], 200, data)
        time.sleep(1)
        self.assertEqual(len(self.world.messages()), count)
        # The same requests, whole: a message, once however often it comes.
        for _ in range(3):
            self.assertEqual(self.request("POST", body, signed)[0], 200)
        self.world.until(lambda: any("README.md" in text for text in self.texts()), "an answer")
        time.sleep(1)
        self.assertEqual(len(self.world.messages()), count + 1)
        self.world.until(lambda: re.search(r"(?:[2-9]|\d\d) requests were refused", json.dumps(self.hardshell.events(400))),
                         "the note on the refused")
        record = json.dumps(self.hardshell.events(400))
        for noted in ("requests were refused at the listener", "a week old", "type reaction", "not ours",
                      "account_update", "not understood"):
            self.assertIn(noted, record)

    def test_a_subscription_is_confirmed_with_the_verify_token_alone(self):
        token = self.added["verify_token"]
        self.assertRegex(token, r"^[0-9a-f]{32}$")
        ask = "/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
        self.assertEqual(self.request("GET", None, path=ask + token), (200, "1158201444"))
        for bad in (ask, ask + "x", ask + token + "&hub.verify_token=x", "/whatsapp",
                    (ask + token).replace("1158201444", "<b>"), (ask + token).replace("subscribe", "other")):
            self.assertEqual(self.request("GET", None, path=bad)[0], 403, bad)

    def test_identity_buttons_and_an_approval_by_a_second_person(self):
        self.world.control("say", user="1999", text="list the files here")
        time.sleep(1)
        self.assertEqual(self.world.messages(), [])
        self.pair("1631")
        self.pair("1632", "bob")
        self.world.control("say", user="1631", text="run touch made-by-chat")
        card = self.world.until(lambda: [one for one in self.world.messages() if "interactive" in one], "the card")[0]
        buttons = card["interactive"]["action"]["buttons"]
        self.assertEqual([one["reply"]["title"] for one in buttons], ["Approve", "Deny"])
        shown = "\n".join(self.texts()) + card["interactive"]["body"]["text"]
        self.assertIn("run touch made-by-chat", shown)
        made = self.hardshell.project / "made-by-chat"
        yes = buttons[0]["reply"]["id"]
        for user in ("1631", "1999"):
            self.world.control("press", user=user, value=yes)
        # A button pressed in an unsigned request is nobody's.
        forged = self.body(**{"from": "1632", "text": {"body": yes}})
        self.assertEqual(self.request("POST", forged, self.signed(b"other"))[0], 401)
        time.sleep(1)
        self.assertFalse(made.exists())
        self.world.control("press", user="1632", value=yes)
        self.world.until(made.exists, "the file")
        settled = self.world.until(lambda: [one for one in self.world.messages() if "context" in one], "the outcome")
        self.assertIn("approved by bob", settled[0]["text"]["body"])
        self.assertEqual(settled[0]["context"]["message_id"], card["id"])
        record = json.dumps(self.hardshell.events(400))
        self.assertIn("whatsapp user 1632 (whatsapp), read from the platform's connection by egress", record)
        self.check_never(TOKEN, SECRET)

    def test_a_forwarded_message_limits_broken_connections_and_a_closed_window(self):
        self.pair("1631")
        (self.hardshell.project / "f1.txt").write_text("<1>")
        (self.hardshell.project / "f2.txt").write_text("<2>")
        self.world.control("trouble", mode="wait")
        self.world.control("say", user="1631", text="read f1.txt")
        self.world.until(lambda: any("<1>" in text for text in self.texts()), "the answer after the limit")
        self.world.control("trouble", mode="drop_after")
        self.world.control("say", user="1631", text="read f2.txt")
        self.world.until(lambda: any("<2>" in text for text in self.texts()), "the answer")
        time.sleep(2)
        self.assertEqual(sum("<2>" in text for text in self.texts()), 1)  # known by its status
        self.world.control("trouble", mode="closed")
        self.world.control("say", user="1631", text="read f1.txt")
        self.world.until(lambda: "131047" in json.dumps(self.hardshell.events(100)), "the refusal by name")
        self.world.control("send", user="1631", type="image", image={"id": "9", "caption": "list the files here"})
        self.world.until(lambda: any("README.md" in text for text in self.texts()), "an answer to the caption")

    def test_many_half_open_requests_block_nothing_for_good(self):
        self.pair("1631")
        held = []
        for _ in range(40):
            with contextlib.suppress(OSError):
                held.append(socket.create_connection(("127.0.0.1", self.port), timeout=5))
                held[-1].sendall(b"POST /whatsapp HTTP/1.1\r\nHost: x\r\n")
        self.addCleanup(lambda: [one.close() for one in held])
        self.world.control("say", user="1631", text="list the files here")
        self.world.until(lambda: any("README.md" in text for text in self.texts()), "an answer", 30)

    def test_remove_closes_the_listener(self):
        self.assertIn("whatsapp (whatsapp): connected", self.hardshell.cli("status").stdout)
        self.assertIn("the listener is connected", self.hardshell.cli("channel", "test", "whatsapp").stdout)
        self.hardshell.cli("channel", "remove", "whatsapp")
        with self.assertRaises(OSError):
            self.request("GET", None)


class Webhook(Hooked):
    BEARER = "planted-bearer-0123456789"

    def setUp(self):
        world = World("webhook_world.mjs")
        self.begin(world, "webhook", "--url", f"http://127.0.0.1:{world.port}/answers", secrets=f"\n{self.BEARER}\n")
        self.secret = self.added["signing_secret"]
        world.control("begin", hook=f"http://127.0.0.1:{self.port}/webhook", secret=self.secret, token=self.BEARER)

    def post(self, type="message", **more):
        extra = {key: more.pop(key) for key in ("id", "age_s", "headers", "key") if key in more}
        return self.world.control("post", type=type, data=more, **extra)["status"]

    def say(self, user, text, **more):
        return self.post(user=user, conversation=f"c-{user}", text=text, direct=True, **more)

    def texts(self, type="answer"):
        return [one["data"]["text"] for one in self.world.messages() if one["type"] == type]

    def pair(self, user, person=None):
        before = len(self.texts())
        self.say(user, "pair")
        said = self.world.until(lambda: self.texts()[before:], "a code")[0]
        code = re.search(r"[a-z0-9]{4}-[a-z0-9]{4}", said).group()
        self.hardshell.cli("channel", "pair", code, *(["--as", person] if person else []))

    def test_stale_replayed_and_forged_requests_begin_nothing(self):
        self.pair("ada")
        count = len(self.world.messages())
        words = "list the files here"
        self.assertEqual(self.say("ada", words, age_s=400), 401)
        self.assertEqual(self.say("ada", words, age_s=-400), 401)
        self.assertEqual(self.say("ada", words, key="whsec_" + "A" * 43 + "="), 401)
        for headers in ({"webhook-id": "other"}, {"webhook-timestamp": "soon"}, {"webhook-signature": "v1,AAAA"},
                        {"webhook-signature": ""}, {"webhook-id": "a.b"},
                        {"webhook-timestamp": str(int(time.time()) + 2)}):
            self.assertEqual(self.say("ada", words, headers=headers), 401, headers)
        self.assertEqual(self.post("newer.than.us", text="x"), 200)
        self.assertEqual(self.post(user="a b", conversation="c", text=words), 200)
        self.assertEqual(self.post(user="ada", conversation="", text=words), 200)
        self.assertEqual(self.say("eve", words), 200)
        time.sleep(1)
        self.assertEqual(len(self.world.messages()), count)
        for _ in range(3):
            self.assertEqual(self.say("ada", words, id="msg_same"), 200)
        self.world.until(lambda: any("README.md" in text for text in self.texts()), "an answer")
        time.sleep(1)
        self.assertEqual(len(self.world.messages()), count + 1)
        # Two signatures, of an old and the new secret, are one that fits.
        self.assertIn("newer.than.us", json.dumps(self.hardshell.events(400)))
        self.check_never(self.secret, self.BEARER)

    def test_an_approval_that_the_program_vouches_for(self):
        self.pair("ada")
        self.pair("bea", "bob")
        self.say("ada", "run touch made-by-hook")
        card = self.world.until(lambda: [one for one in self.world.messages() if one["type"] == "approval"], "a card")[0]
        made = self.hardshell.project / "made-by-hook"
        self.say("ada", card["data"]["approve"])
        self.say("eve", card["data"]["approve"])
        time.sleep(1)
        self.assertFalse(made.exists())
        self.say("bea", card["data"]["approve"])
        self.world.until(made.exists, "the file")
        self.world.until(lambda: any("approved by bob" in text for text in self.texts("approval.settled")), "the outcome")

    def test_an_organisation_says_whose_account_it_is(self):
        organisation = self.hardshell.home / "organisation"
        organisation.mkdir()
        (organisation / "people.toml").write_text(
            '[[person]]\nname = "zoe"\nroles = []\naccounts = ["webhook/acme/z1"]\n')
        with self.hardshell.config_file.open("a") as stream:
            stream.write(f'\n[organisation]\nfolder = "{organisation}"\n')
        self.hardshell.cli("stop")
        self.hardshell.cli("send", "--start", "help")
        self.world.until(self.listens, "the listener")
        self.say("z1", "list the files here", tenant="other")
        self.say("z1", "list the files here", tenant="acme")
        self.world.until(lambda: any("README.md" in text for text in self.texts()), "an answer")
        time.sleep(1)
        self.assertEqual(len(self.texts()), 1)
        self.assertIn('"zoe"', json.dumps(self.hardshell.events(400)))

    def test_a_webhook_begins_the_schedule_that_waits_for_it_and_no_other(self):
        self.hardshell.cli("schedule", "add", "look", "--on", "webhook", "--text", "list the files here", "--project",
                           str(self.hardshell.project), "--channel", "webhook", "--in", "ops")
        soon = time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(time.time() + 86_400))
        self.hardshell.cli("schedule", "add", "tomorrow", "--at", soon, "--text", "list the files here", "--channel",
                           "webhook", "--in", "ops")
        self.assertEqual(self.hardshell.cli("schedule", "add", "both", "--on", "webhook", "--at", soon, "--text", "x",
                                            check=False).returncode, 1)
        self.assertIn("no webhook channel", self.hardshell.cli("schedule", "add", "other", "--on", "slack", "--text", "x",
                                                               check=False).stderr)
        for name in ("tomorrow", "nothing"):
            self.assertEqual(self.post("schedule.begin", schedule=name), 200)
        for _ in range(2):
            self.assertEqual(self.post("schedule.begin", schedule="look", id="evt_1"), 200)
        self.world.until(lambda: any("README.md" in text for text in self.texts()), "the outcome")
        time.sleep(1)
        self.assertEqual(len(self.texts()), 1)
        listed = {one["name"]: one for one in self.hardshell.json("schedule", "list")["schedules"]}
        self.assertEqual((listed["look"]["last"], listed["look"]["on"]), ("done", "webhook"))
        self.assertIn("no schedule tomorrow waits for webhook", json.dumps(self.hardshell.events(400)))

    def test_a_flood_is_told_to_wait_and_loses_nothing_that_was_taken(self):
        self.pair("ada")
        (self.hardshell.config_file.parent / "x").write_text("")
        statuses = []

        def many():
            for _ in range(40):
                statuses.append(self.say("ada", "list the files here"))
        threads = [threading.Thread(target=many) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        self.assertLessEqual(set(statuses), {200, 429, 503}, statuses)
        self.world.until(lambda: "messages_per_minute" in json.dumps(self.hardshell.events(400)), "the limit")
        self.assertLessEqual(len(self.texts()), 62)


if __name__ == "__main__":
    unittest.main()
