"""People talk to the assistant on Telegram (npm telegram-test-api) and Discord (fake_discord.mjs, which
discord.js accepts), and have things done by the clock."""
import contextlib
import http.client
import json
import re
import subprocess
import time
import unittest

import harness

RULES = """
@id("four-eyes")
@ask("A command on a shared machine")
@approvers("bob")
forbid (principal, action == Hardshell::Action::"run", resource)
unless { context.base.approved };
"""


class World:
    """A platform's server and the people on it, by /control."""

    def __init__(self, script, *arguments):
        self.process = subprocess.Popen(["node", str(harness.PEERS / script), *arguments],
                                        stdout=subprocess.PIPE, text=True)
        ports = [int(word) for word in re.findall(r"port (\d+)", self.process.stdout.readline())]
        self.port, self.control_port = ports[0], ports[-1]

    def control(self, name, **body):
        connection = http.client.HTTPConnection("127.0.0.1", self.control_port, timeout=10)
        connection.request("POST", f"/control/{name}", json.dumps(body))
        with contextlib.closing(connection):
            return json.loads(connection.getresponse().read())

    def messages(self):
        return self.control("state")["messages"]

    def until(self, test, what, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = test()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{what} did not come: {self.control('state')}")

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Talk(unittest.TestCase):
    def begin(self, kind, world, url, token):
        self.world = world
        self.addCleanup(world.close)
        self.hardshell = harness.Installation('\n[model]\ndefault = "offline"\n')
        self.addCleanup(self.hardshell.close)
        folder = self.hardshell.config_file.parent / "policy"
        folder.mkdir(exist_ok=True)
        (folder / "own.cedar").write_text(RULES)
        added = self.hardshell.cli("channel", "add", kind, "--url", url, stdin=token + "\n")
        self.assertIn(f"{kind} works", added.stdout)
        text = self.hardshell.config_file.read_text().replace(
            f"[channel.{kind}]\n", f'[channel.{kind}]\nproject = "{self.hardshell.project}"\napprovals = true\n')
        self.hardshell.config_file.write_text(text)
        self.hardshell.cli("stop")
        self.hardshell.cli("send", "--start", "help")

    def pair(self, say, text_of, person=None):
        before = len(self.world.messages())
        say("pair")
        said = self.world.until(lambda: len(self.world.messages()) > before and self.world.messages(), "a code")
        code = re.search(r"[a-z0-9]{4}-[a-z0-9]{4}", text_of(said[-1])).group()
        self.hardshell.cli("channel", "pair", code, *(["--as", person] if person else []))

    def check_secret(self, token):
        for path in self.hardshell.state.rglob("*"):
            if path.is_file():
                self.assertNotIn(token.encode(), path.read_bytes(), path)


class Telegram(Talk):
    TOKEN = "123456:planted-telegram-token"

    def setUp(self):
        world = World("telegram_world.mjs")
        self.begin("telegram", world, f"http://127.0.0.1:{world.port}", self.TOKEN)

    def say(self, user, text, **more):
        self.world.control("say", user=user, text=text, **more)

    def test_a_stranger_a_person_and_an_approval_by_a_second_one(self):
        self.say(99, "list the files here")
        time.sleep(1)
        self.assertEqual(self.world.messages(), [])
        self.pair(lambda text: self.say(1, text), lambda one: one["text"])
        self.pair(lambda text: self.say(2, text), lambda one: one["text"], "bob")
        count = len(self.world.messages())
        self.say(1, "list the files here")
        self.world.until(lambda: any("README.md" in one["text"] for one in self.world.messages()[count:]), "an answer")
        self.say(1, "run touch made-by-chat")
        card = self.world.until(lambda: [one for one in self.world.messages() if one.get("reply_markup")], "the card")[0]
        yes = card["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        made = self.hardshell.project / "made-by-chat"
        self.world.control("press", user=1, value=yes)
        self.world.control("press", user=99, value=yes)
        time.sleep(1)
        self.assertFalse(made.exists())
        self.world.control("press", user=2, value=yes)
        self.world.until(made.exists, "the file")
        self.world.until(lambda: any("approved by bob" in one["text"] for one in self.world.messages()), "the outcome")
        record = json.dumps(self.hardshell.events(400))
        self.assertIn("telegram user 2 (telegram), read from the platform's connection", record)
        self.assertIn("/bot{credential}/", record)
        self.check_secret(self.TOKEN)

    def test_a_reminder_a_digest_a_task_without_an_approver_and_their_end(self):
        self.pair(lambda text: self.say(1, text), lambda one: one["text"])
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 15))
        place = ("--channel", "telegram", "--in", "1", "--at", soon)
        self.hardshell.cli("schedule", "add", "tea", "--kind", "reminder", "--text", "drink tea", *place)
        self.hardshell.cli("schedule", "add", "look", "--text", "list the files here", "--project",
                           str(self.hardshell.project), *place)
        self.hardshell.cli("schedule", "add", "touch", "--text", "run touch made-by-clock", "--project",
                           str(self.hardshell.project), *place)
        self.hardshell.cli("schedule", "add", "day", "--kind", "digest", *place)
        self.hardshell.cli("schedule", "add", "later", "--kind", "reminder", "--text", "x", "--channel", "telegram",
                           "--in", "1", "--when", "0 8 * * mon-fri")
        for bad in (("--when", "0 8 * *"), ("--at", "2020-01-01"), ("--when", "0 0 30 2 *")):
            self.assertEqual(self.hardshell.cli("schedule", "add", "bad", "--text", "x", *bad, check=False).returncode, 1)

        def said(text):
            return any(text in one["text"] for one in self.world.messages())
        for text in ("drink tea", "README.md", "approvals wait"):
            self.world.until(lambda: said(text), text, 40)
        # Nobody sits there, so what needs consent is denied, and no approval is left open.
        self.world.until(lambda: said("Not allowed"), "the denial")
        self.assertFalse((self.hardshell.project / "made-by-clock").exists())
        self.assertEqual(self.hardshell.approvals(), [])
        self.say(1, "/schedules")
        self.world.until(lambda: said("later: 0 8 * * mon-fri"), "the list")
        self.say(1, "/schedule stop later")
        self.world.until(lambda: not self.hardshell.json("schedule", "list")["schedules"], "the end")

    def test_what_was_due_while_nothing_ran_is_left_out_or_made_up_for_once(self):
        self.pair(lambda text: self.say(1, text), lambda one: one["text"])
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 4))
        place = ("--channel", "telegram", "--in", "1", "--kind", "reminder", "--at", soon)
        self.hardshell.cli("schedule", "add", "made-up", "--text", "made up for", "--missed", "once", *place)
        self.hardshell.cli("stop")
        time.sleep(5)
        self.hardshell.cli("send", "--start", "help")
        self.world.until(lambda: any("made up for" in one["text"] for one in self.world.messages()), "the reminder")


class Discord(Talk):
    TOKEN = "discord-planted-0123456789"

    def setUp(self):
        world = World("fake_discord.mjs", "--heartbeat-ms", "2000")
        self.begin("discord", world, f"http://127.0.0.1:{world.port}/api/v10", self.TOKEN)
        self.world.until(lambda: self.world.control("state")["sockets"], "a connection")
        self.identifies = self.world.control("state")["counts"]["identifies"]

    def say(self, user, text, channel=None, **more):
        self.world.control("say", user=str(user), channel=channel or f"60{user}", text=text, **more)

    def test_identity_approval_resume_and_heartbeats(self):
        self.say(9, "list the files here")
        self.pair(lambda text: self.say(1, text), lambda one: one["content"])
        self.pair(lambda text: self.say(2, text), lambda one: one["content"], "bob")
        self.say(1, "list the files here", author={"bot": True})
        self.say(1, "list the files here", channel="700", guild="1")  # does not name us
        self.say(1, "<@77> run touch made-by-chat", channel="700", guild="1")
        self.world.until(lambda: [one for one in self.world.messages() if one["components"]], "the card")
        self.world.control("click", user="1")
        self.world.control("click", user="9")
        made = self.hardshell.project / "made-by-chat"
        time.sleep(1)
        self.assertFalse(made.exists())
        self.world.control("click", user="2")
        self.world.until(made.exists, "the file")
        self.world.until(lambda: any("approved by bob" in one["content"] for one in self.world.messages()), "the outcome")
        self.assertGreaterEqual(self.world.control("state")["counts"]["callbacks"], 3)
        self.world.until(lambda: self.world.control("state")["counts"]["heartbeats"] > 0, "a heartbeat")
        self.assertFalse([one for one in self.world.messages() if one["channel_id"] == "609"])
        self.check_secret(self.TOKEN)

    def test_cut_connections_are_resumed_and_lose_double_and_turn_nothing(self):
        self.pair(lambda text: self.say(1, text), lambda one: one["content"])
        for number in range(12):
            (self.hardshell.project / f"f{number}.txt").write_text(f"<{number}>")
        for number in range(12):
            self.say(1, f"read f{number}.txt")
            if number % 3 == 0:
                self.world.control("cut" if number % 2 else "reconnect")
            if number == 5:
                self.world.control("trouble", path="/messages", mode="drop_after")
                self.world.control("trouble", path="/messages", mode="wait")
            time.sleep(0.2)

        def numbers():
            return [int(text) for one in self.world.messages() for text in re.findall(r"<(\d+)>", one["content"])]
        self.world.until(lambda: len(numbers()) >= 12, "twelve answers", 60)
        time.sleep(1)
        self.assertEqual(numbers(), list(range(12)))
        self.assertGreater(self.world.control("state")["counts"]["resumes"], 1)
        self.assertEqual(self.world.control("state")["counts"]["identifies"], self.identifies)
        self.world.control("expire")
        self.world.until(lambda: self.world.control("state")["counts"]["identifies"] > self.identifies, "a new session")


if __name__ == "__main__":
    unittest.main()
