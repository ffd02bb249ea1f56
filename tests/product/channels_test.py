"""People talk to the assistant on Slack: identity, turns, order, approvals by a second person, stop,
cut connections. Slack is tests/peers/fake_slack.mjs, which Slack's own clients accept."""
import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import struct
import subprocess
import time
import unittest

import harness

BOT, APP = "xoxb-planted-0123456789", "xapp-planted-0123456789"
FOUR_EYES = """
@id("four-eyes")
@ask("A command on a shared machine")
@approvers("bob")
forbid (principal, action == Hardshell::Action::"run", resource)
unless { context.base.approved };
"""


class Slack:
    def __init__(self, retry_ms=1000):
        self.process = subprocess.Popen(
            ["node", str(harness.PEERS / "fake_slack.mjs"), "--retry-ms", str(retry_ms)],
            stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[-1])

    def control(self, name, **body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("POST", f"/control/{name}", json.dumps(body))
        with contextlib.closing(connection):
            return json.loads(connection.getresponse().read())

    def measured(self, **what):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        connection.request("POST", "/control/measure", json.dumps(what))
        with contextlib.closing(connection):
            return json.loads(connection.getresponse().read())

    def say(self, text, user="U1", **more):
        more.setdefault("channel", f"D{user}")
        return self.control("say", text=text, user=user, **more)["ts"]

    def state(self):
        return self.control("state")

    def messages(self, channel=None):
        return [one for one in self.state()["messages"] if channel in (None, one["channel"])]

    def until(self, test, seconds=20, what="that"):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = test()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{what} did not come: {self.state()}")

    def answers(self, channel, count, seconds=30):
        return self.until(lambda: len(self.messages(channel)) >= count and self.messages(channel),
                          seconds, f"{count} answers in {channel}")

    def cards(self):
        return [one for one in self.messages() if any(block["type"] == "actions" for block in one.get("blocks", []))]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class OnSlack(unittest.TestCase):
    settings = "approvals = true\n"
    rules = ""
    retry_ms = 1000

    def setUp(self):
        self.slack = Slack(self.retry_ms)
        self.addCleanup(self.slack.close)
        self.hardshell = harness.Installation('\n[model]\ndefault = "offline"\n')
        self.addCleanup(self.hardshell.close)
        if self.rules:
            folder = self.hardshell.config_file.parent / "policy"
            folder.mkdir(exist_ok=True)
            (folder / "own.cedar").write_text(self.rules)
        added = self.hardshell.cli("channel", "add", "slack", "--url",
                                   f"http://127.0.0.1:{self.slack.port}/api", stdin=f"{BOT}\n{APP}\n")
        self.assertIn("slack works: both tokens hold: team T1, our user UBOT", added.stdout)
        with self.hardshell.config_file.open("a") as stream:
            stream.write("\n")
        text = self.hardshell.config_file.read_text()
        text = text.replace("[channel.slack]\n", f'[channel.slack]\nproject = "{self.hardshell.project}"\n'
                                                 + self.settings)
        self.hardshell.config_file.write_text(text)
        self.start()

    def start(self):
        self.hardshell.cli("stop", check=False)
        self.hardshell.cli("send", "--start", "help")
        self.slack.until(lambda: self.slack.state()["sockets"] > 0, what="a connection")

    def pair(self, user, person=None):
        before = len(self.slack.messages(f"D{user}"))
        self.slack.say("pair", user)
        said = self.slack.answers(f"D{user}", before + 1)[-1]["text"]
        code = re.search(r"[a-z0-9]{4}-[a-z0-9]{4}", said).group()
        self.hardshell.cli("channel", "pair", code, *(["--as", person] if person else []))
        self.slack.control("forget")


class Identity(OnSlack):
    def test_a_stranger_gets_no_answer_no_turn_and_the_owner_one_notice(self):
        for _ in range(5):
            self.slack.say("list the files here", "U9")
        self.slack.until(lambda: self.slack.state()["open"] == 0, what="acknowledgement")
        known = self.slack.until(lambda: self.hardshell.json("channel", "list")["waiting"], what="the notice")
        self.assertEqual([(one["user"], one["tenant"], one["asks"]) for one in known], [("U9", "T1", False)])
        self.assertEqual(self.slack.messages(), [])
        notices = [one for one in self.hardshell.events() if "unknown account" in json.dumps(one)]
        self.assertEqual(len(notices), 1)
        self.assertFalse([one for one in self.hardshell.json("sessions", "list")["sessions"]
                          if one["origin"].startswith("slack")])

    def test_a_code_binds_one_account_once_and_the_binding_can_be_taken_back(self):
        self.slack.say("pair", "U1")
        code = self.slack.answers("DU1", 1)[0]["text"].split()[1].rstrip(".")
        self.assertEqual(self.hardshell.cli("channel", "pair", "aaaa-bbbb", check=False).returncode, 1)
        self.assertIn("U1 is uid", self.hardshell.cli("channel", "pair", code).stdout)
        self.assertEqual(self.hardshell.cli("channel", "pair", code, check=False).returncode, 1)
        self.slack.say("list the files here", "U1")
        self.assertIn("README.md", self.slack.answers("DU1", 2)[-1]["text"])
        # The same user id of another team is somebody else.
        self.slack.say("list the files here", "U1", team="T2", channel="DX")
        self.hardshell.cli("channel", "unpair", "slack", "U1")
        self.slack.say("list the files here", "U1")
        self.slack.until(lambda: self.slack.state()["open"] == 0, what="acknowledgement")
        time.sleep(0.5)
        self.assertEqual((len(self.slack.messages("DU1")), self.slack.messages("DX")), (2, []))

    def test_repetitions_edits_bots_our_own_words_and_nonsense_begin_nothing(self):
        self.pair("U1")
        ts = self.slack.say("read README.md")
        self.slack.answers("DU1", 1)
        self.slack.say("read README.md", ts=ts)
        self.slack.say("read README.md", subtype="message_changed")
        self.slack.say("read README.md", bot_id="B7")
        self.slack.say("read README.md", "UBOT", channel="DU1")
        self.slack.say("read README.md", shared=True)
        self.slack.control("raw", type="events_api", payload={"event": {"type": "team_join", "user": {"id": "U5"}}})
        self.slack.control("raw", type="newer_than_us", payload={})
        self.slack.control("frame", text="no JSON")
        self.slack.control("frame", text='{"type":"hello"}')
        self.slack.say("list the files here")
        self.assertIn("README.md", self.slack.answers("DU1", 2)[-1]["text"])
        self.slack.until(lambda: self.slack.state()["open"] == 0, what="acknowledgement")
        time.sleep(0.5)
        self.assertEqual(len(self.slack.messages("DU1")), 2)
        record = json.dumps(self.hardshell.events())
        for noted in ("team_join", "newer_than_us", "no envelope", "shared with outsiders"):
            self.assertIn(noted, record)

    def test_in_a_group_it_hears_its_name_alone_and_answers_in_the_thread(self):
        self.pair("U1")
        group = {"channel": "C1", "channel_type": "channel"}
        self.slack.say("list the files here", **group)
        ts = self.slack.say("<@UBOT> list the files here", **group)
        self.slack.say("<@UBOT> list the files here", ts=ts, type="app_mention", **group)
        said = self.slack.answers("C1", 1)
        time.sleep(0.5)
        self.assertEqual([(one["thread_ts"], "README.md" in one["text"]) for one in self.slack.messages("C1")],
                         [(ts, True)], said)

    def test_the_tokens_are_never_in_hardshelld(self):
        self.pair("U1")
        self.slack.say("list the files here")
        self.slack.answers("DU1", 1)
        pid = self.hardshell.processes()["hardshelld"]
        found = set()
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                span, rights = line.split()[:2]
                if "r" not in rights or "[v" in line:
                    continue
                begin, end = (int(part, 16) for part in span.split("-"))
                with contextlib.suppress(OSError, ValueError):
                    memory.seek(begin)
                    held = memory.read(end - begin)
                    found |= {token for token in (BOT, APP, "UBOT") if token.encode() in held}
        self.assertEqual(found, {"UBOT"})  # what it must know is found: the search works
        for path in self.hardshell.state.rglob("*"):
            if path.is_file():
                self.assertNotIn(BOT.encode(), path.read_bytes(), path)
        places = [one for one in self.hardshell.events(400) if one["kind"] == "secret.use"]
        self.assertTrue(places)


class Approvals(OnSlack):
    rules = FOUR_EYES

    def test_a_second_person_approves_by_a_button_and_nobody_else_can(self):
        self.pair("U1")
        self.pair("U2", "bob")
        self.slack.say("<@UBOT> run touch made-by-chat", channel="C1", channel_type="channel")
        card = self.slack.until(self.slack.cards, what="the card")[0]
        shown = json.dumps(card["blocks"])
        for part in ("run touch made-by-chat", "sha256", "may approve: 1 of bob", "Valid until", "sandbox:"):
            self.assertIn(part, shown)
        made = self.hardshell.project / "made-by-chat"
        # Whoever asked may not, a stranger may not, and neither may another team's U2.
        self.slack.control("click", user="U1")
        refused = self.slack.until(lambda: self.slack.state()["ephemeral"], what="a refusal")
        self.assertIn("uid 0 may not approve this", refused[0]["text"].replace(f"uid {os.geteuid()}", "uid 0"))
        self.slack.control("click", user="U9")
        self.slack.control("click", user="U2", team="T2")
        self.slack.control("click", user="U2", value="hsa-aaaaaaaaaaaaaaaa")
        time.sleep(0.5)
        self.assertFalse(made.exists())
        clicked = self.slack.control("click", user="U2")["value"]
        self.slack.until(made.exists, what="the file")
        settled = self.slack.until(lambda: [one for one in self.slack.messages("C1") if one["updates"]],
                                   what="the card's outcome")[0]
        self.assertIn("approved by bob", json.dumps(settled))
        self.assertEqual(self.slack.cards(), [])
        # A button is used once.
        self.slack.control("click", user="U2", value=clicked)
        answer = self.slack.until(lambda: [one for one in self.slack.messages("C1") if not one.get("blocks")],
                                  what="the answer")
        self.assertEqual(len(answer), 1)
        record = json.dumps(self.hardshell.events(400))
        self.assertIn("slack user U2 of T1 (slack), read from the platform's connection by egress", record)
        self.assertIn("this answer is not open any more", record)

    def test_a_denial_by_text_answers_too(self):
        self.pair("U1")
        self.pair("U2", "bob")
        self.slack.say("run touch made-by-chat")
        card = self.slack.until(self.slack.cards, what="the card")[0]
        elements = [block for block in card["blocks"] if block["type"] == "actions"][0]["elements"]
        self.slack.say(elements[1]["value"], "U2")
        said = self.slack.until(lambda: [one for one in self.slack.messages("DU1") if not one.get("blocks")],
                                what="the answer")
        self.assertIn("did not allow", said[0]["text"])
        self.assertFalse((self.hardshell.project / "made-by-chat").exists())
        self.assertEqual(self.slack.messages("DU2"), [])  # the code is no message to the assistant

    def test_stop_halts_what_runs_at_once(self):
        self.pair("U1")
        self.pair("U2", "bob")
        self.slack.say("run sleep 60")
        self.slack.until(self.slack.cards, what="the card")
        self.slack.control("click", user="U2")
        self.slack.until(lambda: not self.slack.cards(), what="the card's outcome")
        self.slack.say("list the files here")  # waits behind the command
        time.sleep(1)
        begun = time.monotonic()
        self.slack.say("Stop!")
        self.slack.until(lambda: any("Stopped 1 of your turns" in one["text"] for one in self.slack.messages("DU1")))
        self.slack.until(lambda: any(one["text"] == "Stopped." for one in self.slack.messages("DU1")))
        self.assertLess(time.monotonic() - begun, 10)
        time.sleep(0.5)
        self.assertFalse([one for one in self.slack.messages("DU1") if "README.md" in one["text"]])


def totp(secret, steps=0):
    """RFC 6238, by itself: not the product's code."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 + steps), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1_000_000:06}"


class SecondFactor(OnSlack):
    rules = """
@id("with-a-code")
@ask("A command on a shared machine")
@approvers("bob")
@factor("totp")
forbid (principal, action == Hardshell::Action::"run", resource)
unless { context.base.approved };
"""

    def set_up(self, *whose):
        made = self.hardshell.json("factor", "add", *whose)
        self.assertEqual(self.hardshell.cli("factor", "confirm", "000000", *whose, check=False).returncode, 1)
        made = self.hardshell.json("factor", "add", *whose)
        self.assertTrue(made["link"].startswith("otpauth://totp/Hardshell:"))
        self.hardshell.cli("factor", "confirm", totp(made["secret"], -1), *whose)
        return made["secret"]

    def test_a_click_alone_does_not_count_and_a_code_counts_once(self):
        self.pair("U1")
        self.pair("U2", "bob")
        secret = self.set_up("--as", "bob")
        self.slack.say("<@UBOT> run touch made-by-chat", channel="C1", channel_type="channel")
        card = self.slack.until(self.slack.cards, what="the card")[0]
        shown = json.dumps(card["blocks"])
        self.assertIn("with a code of their authenticator", shown)
        made = self.hardshell.project / "made-by-chat"
        yes = re.search(r"hsa-[a-z0-9]{16} CODE", shown).group().split()[0]
        self.slack.control("click", user="U2")
        refused = self.slack.until(lambda: self.slack.state()["ephemeral"], what="a refusal")
        self.assertIn("takes a code of your authenticator", refused[0]["text"])
        wrong = "000000" if totp(secret) != "000000" else "111111"
        self.slack.say(f"{yes} {wrong}", "U2", channel="C1", channel_type="channel")
        self.slack.say(f"{yes} {totp(secret)}", "U1", channel="C1", channel_type="channel")
        self.slack.say(f"{yes} {totp(secret)}", "U9", channel="C1", channel_type="channel")
        time.sleep(1)
        self.assertFalse(made.exists())
        self.slack.say(f"{yes} {totp(secret)}", "U2", channel="C1", channel_type="channel")
        self.slack.until(made.exists, what="the file")
        events = [one for one in self.hardshell.events(400) if one["kind"] == "approval.answered"]
        self.assertIn('"factor": "totp"', json.dumps(events))
        # The file says nothing, and a factor is taken away with a code of it alone.
        self.assertNotIn(b"bob", (self.hardshell.state / "second-factors").read_bytes())
        self.assertEqual(self.hardshell.cli("factor", "remove", wrong, "--as", "bob", check=False).returncode, 1)
        self.assertEqual(self.hardshell.cli("factor", "add", "--as", "bob", check=False).returncode, 1)
        self.hardshell.cli("factor", "remove", totp(secret, 1), "--as", "bob")
        self.assertEqual(self.hardshell.json("factor", "list")["factors"], [])


class AtThisMachine(OnSlack):
    rules = SecondFactor.rules.replace('@approvers("bob")\n', "")
    set_up = SecondFactor.set_up

    def test_the_command_line_wants_the_code_too(self):
        self.pair("U1")
        self.slack.say("run touch made-by-chat")
        approval = self.hardshell.wait_for_approval()["id"]
        refused = self.hardshell.cli("approvals", "approve", approval, check=False)
        self.assertIn("takes a code of your authenticator", refused.stderr)
        none = self.hardshell.cli("approvals", "approve", approval, "--code", "123456", check=False)
        self.assertIn("hardshell factor add", none.stderr)
        secret = self.set_up()
        self.hardshell.cli("approvals", "approve", approval, "--code", totp(secret))
        self.slack.until((self.hardshell.project / "made-by-chat").exists, what="the file")


class TwoKinds(OnSlack):
    rules = FOUR_EYES + FOUR_EYES.replace("four-eyes", "carol-too").replace('"bob"', '"carol"')

    def test_every_requirement_is_met_and_none_of_them_by_the_requester(self):
        self.pair("U1")
        self.pair("U2", "bob")
        self.pair("U3", "carol")
        self.slack.say("run touch made-by-chat")
        card = self.slack.until(self.slack.cards, what="the card")[0]
        approval = self.hardshell.wait_for_approval()["id"]
        refused = self.hardshell.cli("approvals", "approve", approval, check=False)
        self.assertIn("may not approve this: it takes 1 of", refused.stderr)
        made = self.hardshell.project / "made-by-chat"
        self.slack.control("click", user="U2", ts=card["ts"])
        time.sleep(1)
        self.assertFalse(made.exists())
        self.assertEqual(self.hardshell.wait_for_approval()["status"], "pending")
        self.slack.control("click", user="U3", ts=card["ts"])
        self.slack.until(made.exists, what="the file")


class ApprovalsOff(OnSlack):
    settings = ""
    rules = FOUR_EYES

    def test_without_the_setting_no_card_is_shown_and_no_click_counts(self):
        self.pair("U1")
        self.slack.say("run touch made-by-chat")
        said = self.slack.answers("DU1", 1)[0]
        self.assertIn("not given on this channel", said["text"])
        self.assertEqual(self.slack.cards(), [])
        self.assertEqual(self.hardshell.wait_for_approval()["status"], "pending")


class Groups(OnSlack):
    settings = 'approvals = true\ngroups = ["C1 public external", "C2 confidential"]\n'

    def test_what_not_everyone_in_a_group_may_read_is_not_said_there(self):
        self.pair("U1")
        (self.hardshell.project / "f1.txt").write_text("number 1\n")
        for channel in ("C1", "C2"):
            self.slack.say("<@UBOT> help", channel=channel, channel_type="channel")
            self.assertNotIn("not said here", self.slack.answers(channel, 1)[0]["text"])
            self.slack.say("<@UBOT> read f1.txt", channel=channel, channel_type="channel")
        self.assertIn("number 1", self.slack.answers("C2", 2)[1]["text"])
        told = self.slack.answers("C1", 2)[1]["text"]
        self.assertIn("This is not said here", told)
        self.assertNotIn("number 1", json.dumps(self.slack.messages("C1")))
        # A conversation of their own has no such bound.
        self.slack.say("read f1.txt")
        self.assertIn("number 1", self.slack.answers("DU1", 1)[0]["text"])
        refused = [e for e in self.hardshell.events(400) if "not everyone in this group" in json.dumps(e)]
        self.assertTrue(refused)


class Delivery(OnSlack):
    retry_ms = 400
    settings = "messages_per_minute = 100000\n"

    def files(self, count):
        for number in range(count):
            (self.hardshell.project / f"f{number}.txt").write_text(f"<{number}>")

    def numbers(self, channel):
        found = []
        for one in self.slack.messages(channel):
            found += [int(text) for text in re.findall(r"&lt;(\d+)&gt;", one["text"])]
        return found

    def test_retry_after_and_broken_answers_lose_and_double_nothing(self):
        self.pair("U1")
        self.files(4)
        self.slack.control("trouble", method="chat.postMessage", mode="wait", seconds=1)
        self.slack.say("read f0.txt")
        self.slack.control("trouble", method="chat.postMessage", mode="drop_after")
        self.slack.say("read f1.txt")
        self.slack.control("trouble", method="chat.postMessage", mode="drop_before")
        self.slack.say("read f2.txt")
        self.slack.control("trouble", method="chat.postMessage", mode="broken")
        self.slack.say("read f3.txt")
        self.slack.answers("DU1", 4)
        time.sleep(1.5)
        self.assertEqual(self.numbers("DU1"), [0, 1, 2, 3])

    def test_a_long_answer_comes_in_pieces(self):
        self.pair("U1")
        # One page of files_read (500 lines) that makes three messages.
        (self.hardshell.project / "long.txt").write_text("".join(f"line {n} of a long answer\n" for n in range(450)))
        self.slack.say("read long.txt")
        pieces = self.slack.until(lambda: "line 449" in json.dumps(self.slack.messages("DU1"))
                                  and self.slack.messages("DU1"), what="the whole answer")
        self.assertGreater(len(pieces), 2)
        self.assertLess(max(len(one["text"]) for one in pieces), 4000)

    def test_what_came_before_a_crash_is_answered_once_after_it(self):
        self.pair("U1")
        self.files(6)
        for number in range(3):
            self.slack.say(f"read f{number}.txt")
        os.kill(self.hardshell.processes()["hardshelld"], signal.SIGKILL)
        for number in range(3, 6):
            self.slack.say(f"read f{number}.txt")
        time.sleep(1)
        self.hardshell.cli("send", "--start", "help")
        self.slack.answers("DU1", 6, 40)
        time.sleep(1)
        # A turn that was running is not run again: its answer says so.
        texts = [one["text"] for one in self.slack.messages("DU1")]
        self.assertEqual(len(texts), 6, texts)
        self.assertEqual(self.numbers("DU1")[-3:], [3, 4, 5])
        self.assertEqual(len(self.numbers("DU1")) + sum("interrupted" in text for text in texts), 6, texts)

    def test_a_connection_that_is_cut_again_and_again_loses_doubles_and_turns_nothing(self):
        seconds = float(os.environ.get("HARDSHELL_CHAOS_SECONDS", "12"))
        every = float(os.environ.get("HARDSHELL_CHAOS_EVERY", "0.5"))
        self.pair("U1")
        self.files(10)
        people, sent = 5, 0
        begun = cut = time.monotonic()
        while time.monotonic() - begun < seconds:
            for person in range(people):
                self.slack.say(f"read f{sent % 10}.txt", channel=f"D{person}")
            sent += 1
            if time.monotonic() - cut > every:
                cut = time.monotonic()
                self.slack.control("cut" if sent % 3 else "disconnect")
            time.sleep(0.15)
        wanted = [number % 10 for number in range(sent)]
        for person in range(people):
            self.slack.until(lambda: len(self.numbers(f"D{person}")) >= sent, 90, f"{sent} answers")
        time.sleep(1)
        for person in range(people):
            self.assertEqual(self.numbers(f"D{person}"), wanted)
        state = self.slack.state()
        self.assertGreater(state["counts"]["connections"], 5)
        self.assertEqual(state["open"], 0)
        print(f"\nchaos: {sent * people} messages, {state['counts']['connections']} connections, "
              f"{state['counts']['redelivered']} redelivered")


class Flood(OnSlack):
    settings = "messages_per_minute = 5\n"

    def test_a_flood_is_held_and_does_not_take_others_with_it(self):
        self.pair("U1")
        self.pair("U2", "bob")
        if time.time() % 60 > 45:
            time.sleep(61 - time.time() % 60)  # a fresh minute
        for _ in range(40):
            self.slack.say("list the files here", "U1")
        self.slack.say("list the files here", "U2")
        self.slack.answers("DU2", 1)
        self.slack.until(lambda: self.slack.state()["open"] == 0, what="acknowledgement")
        time.sleep(1)
        self.assertLessEqual(len(self.slack.messages("DU1")), 10)
        self.assertIn("messages_per_minute", json.dumps(self.hardshell.events(400)))


class Setup(OnSlack):
    def test_status_test_and_remove(self):
        status = self.hardshell.cli("status").stdout
        self.assertIn("channel    slack (slack): connected", status)
        self.assertIn("both tokens hold", self.hardshell.cli("channel", "test", "slack").stdout)
        done = self.hardshell.cli("channel", "add", "signal", check=False)
        self.assertIn("choose slack", done.stderr)
        self.hardshell.cli("channel", "remove", "slack")
        self.assertNotIn("channel.slack", self.hardshell.config_file.read_text())
        self.assertEqual(self.hardshell.json("secret", "list")["secrets"], [])
        self.assertIn("No channel yet", self.hardshell.cli("channel", "list").stdout)


if __name__ == "__main__":
    unittest.main()
