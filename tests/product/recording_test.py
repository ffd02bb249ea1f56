"""docs/channels/slack-approval.cast: a conversation on Slack in which a second person approves, as it happened. The test has it happen
again and compares; `python3 recording_test.py --write` writes it anew (asciicast version 2: asciinema play FILE)."""
import json
import os
import re
import sys
import unittest

import channels_test
import harness

RECORDING = harness.SOURCE / "docs" / "channels" / "slack-approval.cast"
WIDTH, HEIGHT = 118, 46
VOLATILE = ((r"\b[0-9A-HJKMNP-TV-Z]{26}\b", "ID"), (r"\b[0-9a-f]{12,64}\b", "HEX"), (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?", "TIME"),
            (r"\b\d\d:\d\d\b", "TIME"), (r"\d+ (ms|records|s)\b", r"N \1"))


class Scene(channels_test.OnSlack):
    """Anna asks, Bob approves."""
    rules = channels_test.FOUR_EYES

    def tell(self, text, pause=1.0):
        home = str(self.hardshell.home)
        for old, new in ((home, "/home/anna"), (f"uid {os.geteuid()}", "uid 1000")):
            text = text.replace(old, new)
        self.at += pause
        self.told.append((round(self.at, 1), text.rstrip("\n") + "\n"))

    def command(self, *words):
        self.tell("$ hardshell " + " ".join(words), 2.0)
        self.tell(self.hardshell.cli(*words).stdout, 0.5)

    def says(self, who, text, pause=1.5):
        self.tell("".join(f"  {who + ':' if number == 0 else '':11}{line}\n" for number, line in enumerate(text.splitlines())), pause)

    def card_text(self, message):
        lines = []
        for block in message["blocks"]:
            if block["type"] == "actions":
                lines.append("   ".join(f"[ {button['text']['text']} ]" for button in block["elements"]))
            else:
                parts = [block["text"]] if "text" in block else block["elements"]
                lines += "\n".join(part["text"] for part in parts).replace("```", "").strip().splitlines()
        return "\n".join(lines)

    def play(self):
        self.told, self.at = [], 0.0
        self.pair("U1")
        self.pair("U2", "bob")
        self.command("channel", "list")
        self.tell("\n-- Slack, #operations --", 2.0)
        self.slack.say("<@UBOT> run touch made-by-chat", channel="C1", channel_type="channel")
        self.says("anna", "@Hardshell run touch made-by-chat")
        card = self.card_text(self.slack.until(self.slack.cards, what="the card")[0])
        self.says("Hardshell", card)
        self.slack.control("click", user="U1")
        self.tell("  (anna presses Approve)")
        self.says("Hardshell", self.slack.until(lambda: self.slack.state()["ephemeral"], what="a refusal")[0]["text"] + "  (to anna alone)")
        self.slack.control("click", user="U2")
        self.tell("  (bob presses Approve)", 3.0)
        settled = self.slack.until(lambda: [one for one in self.slack.messages("C1") if one["updates"]], what="the outcome")[0]
        self.says("the card", self.card_text(settled).splitlines()[0])
        answer = self.slack.until(lambda: [one for one in self.slack.messages("C1") if not one.get("blocks")], what="the answer")[0]
        self.says("Hardshell", answer["text"])
        self.tell("\n-- anna's terminal --", 2.0)
        self.command("why", re.search(r"\b[0-9A-HJKMNP-TV-Z]{26}\b", card).group())
        self.command("audit", "verify")

    def cast(self):
        head = {"version": 2, "width": WIDTH, "height": HEIGHT, "title": "Hardshell on Slack: a second person approves",
                "env": {"TERM": "xterm-256color", "SHELL": "/bin/sh"}}
        return "".join(json.dumps(line, ensure_ascii=False) + "\n"
                       for line in [head] + [[at, "o", text.replace("\n", "\r\n")] for at, text in self.told])


def plain(cast):
    text = "".join(json.loads(line)[2] for line in cast.splitlines()[1:])
    for pattern, word in VOLATILE:
        text = re.sub(pattern, word, text)
    return text.replace("\r\n", "\n")


class Recording(Scene):
    def test_the_recording_shows_what_happens(self):
        self.maxDiff = None
        self.play()
        if os.environ.get("WRITE_RECORDING"):
            RECORDING.write_text(self.cast())
        self.assertEqual(plain(RECORDING.read_text()), plain(self.cast()))


if __name__ == "__main__":
    if "--write" in sys.argv:
        sys.argv.remove("--write")
        os.environ["WRITE_RECORDING"] = "1"
    unittest.main()
