#!/usr/bin/env python3
"""What a skill's manifest does not name, tried: tools, memory, classes of data; each attempt is in the log. And what
its scripts see: their own folder as it was installed, and nothing beside it."""
import json
import unittest

from harness import call
from skill_house import SkillHouse

READS = "      paths:\n        read: [project]\n"


def manifest(*lines, more=""):
    return "metadata:\n  hardshell:\n    permissions:\n" + "".join(lines) + more


class Limits(SkillHouse):
    provider = 'accepts = ["public", "internal", "source_code", "confidential", "personal", "customer"]\n'

    def setUp(self):
        super().setUp()
        self.start()
        self.key = self.reviewer()

    def reviewed(self, name, more, body="Count.", **files):
        self.install(name, more=more, body=body, **files)
        self.hardshell.cli("skill", "sign", name, "--key", str(self.key), "--name", "ann")

    def run_as(self, name, *steps, session=None):
        self.models.script(call("skill_load", name=name), *steps, {"reply": "all tried"})
        more = ["--session", session] if session else []
        said = self.hardshell.send(f"use {name}", *more).stdout
        self.assertIn("all tried", said)

    def test_a_tool_that_is_not_named_is_denied_whatever_it_would_do(self):
        self.reviewed("reader", manifest(READS, "      executables: [uname]\n", "      tools: [files_read]\n"))
        self.run_as("reader", call("files_read", path="README.md"), call("files_list", path="."),
                    call("shell_run", argv=["uname"]), call("shell_processes", action="list"),
                    call("skill_run", script="x.sh"), call("recall", query="tea"),
                    call("remember", text="use reader"), call("files_write", path="x", content="x"))
        tried = self.tried_by("reader")
        self.assertEqual([outcome for effect, outcome, reason in tried if outcome == "allow"], ["allow"], tried)
        reasons = [reason for _, outcome, reason in tried if outcome == "deny"]
        self.assertTrue(any("the tool files_list" in reason for reason in reasons), reasons)
        self.assertTrue(any("the tool shell_run" in reason for reason in reasons), reasons)
        events = self.hardshell.events(500)
        refused = [e for e in events if e["kind"] == "tool.call" and e["outcome"] == "deny"]
        self.assertEqual([e["tool"] for e in refused], ["shell_processes"], "no effect, and yet on record")
        self.assertEqual(refused[0]["detail"]["skill"], "reader")
        self.assertFalse((self.hardshell.project / "x").exists())

    def test_memory_is_what_the_manifest_says(self):
        self.models.script(call("remember", text="I prefer green tea"), {"reply": "kept"})
        self.hardshell.send("I prefer green tea")
        self.reviewed("none", manifest(READS))
        self.run_as("none", call("recall", query="tea"), call("remember", text="use none"))
        self.assertEqual({outcome for effect, outcome, _ in self.tried_by("none")}, {"deny"})
        self.reviewed("asks", manifest("      memory: recall\n"))
        self.models.script(call("skill_load", name="asks"), call("recall", query="green tea"),
                           {"expect": {"tool_result": "green tea"}, "reply": [
                               {"tool": "remember", "arguments": {"text": "use asks"}}]}, {"reply": "held"})
        self.assertIn("held", self.hardshell.send("use asks").stdout)
        tried = self.tried_by("asks")
        self.assertIn(("recall", "allow"), [(effect, outcome) for effect, outcome, _ in tried])
        self.assertTrue(any(effect == "remember" and "remember" in reason
                            for effect, _, reason in tried), tried)
        self.reviewed("keeps", manifest("      memory: remember\n"))
        self.models.script(call("skill_load", name="keeps"), call("remember", text="use keeps for tea"), {"reply": "kept"})
        turn = self.hardshell.background("send", "--wait", "use keeps for tea")
        self.approve("remember")
        self.assertIn("kept", turn.communicate(timeout=60)[0])
        self.assertIn("use keeps for tea", self.hardshell.cli("memory", "search", "keeps").stdout)

    def test_no_memory_holds_for_the_rest_of_the_conversation(self):
        self.reviewed("silent", manifest(READS, more="    no-memory: true\n"))
        self.models.script({"reply": "good day"})
        first = self.hardshell.json("send", "--start", "hello there")
        session = first["session"]
        self.run_as("silent", session=session)
        self.models.script(call("remember", text="the safe is behind the picture"), {"reply": "tried"})
        self.hardshell.send("remember: the safe is behind the picture", "--session", session)
        self.assertNotIn("picture", self.hardshell.cli("memory", "list").stdout)
        self.hardshell.cli("stop")
        self.models.script(call("remember", text="the safe is behind the picture"), {"reply": "tried"})
        self.hardshell.send("remember: the safe is behind the picture", "--session", session)
        self.assertNotIn("picture", self.hardshell.cli("memory", "list").stdout, "also after a restart")
        self.models.script(call("remember", text="the safe is behind the picture"), {"reply": "tried"})
        self.hardshell.send("the safe is behind the picture")
        self.assertIn("picture", self.hardshell.cli("memory", "list").stdout, "another conversation is as before")

    def test_classes_of_data_that_are_not_named_are_not_shown(self):
        (self.hardshell.project / "customers.csv").write_text("name\nEve\n")
        reads = manifest(READS, "      executables: [head]\n")
        self.reviewed("blind", reads)
        self.run_as("blind", call("files_read", path="customers.csv"), call("shell_run", argv=["head", "customers.csv"]))
        reasons = [reason for _, outcome, reason in self.tried_by("blind") if outcome == "deny"]
        self.assertEqual(len([r for r in reasons if "customer data" in r]), 2, reasons)
        self.reviewed("sees", reads + "    data-classes: [customer]\n")
        self.run_as("sees", call("files_read", path="customers.csv"))
        self.assertFalse([r for _, _, r in self.tried_by("sees") if "manifest" in r], self.tried_by("sees"))

    def test_a_conversation_that_has_seen_such_data_loads_no_skill_that_does_not_name_them(self):
        (self.hardshell.project / "customers.csv").write_text("name\nEve\n")
        self.reviewed("blind", manifest(READS))
        self.models.script(call("files_read", path="customers.csv"), call("skill_load", name="blind"),
                           {"reply": "tried"})
        self.hardshell.send("read and use")
        loads = [(outcome, reason) for effect, outcome, reason, _ in self.decisions() if effect == "skill.load"]
        self.assertEqual([outcome for outcome, _ in loads], ["deny"], loads)
        self.assertIn("customer data", loads[0][1])

    def test_a_script_sees_its_own_folder_as_it_was_installed_and_nothing_beside_it(self):
        script = ("import os, sys\nimport side\nprint('module', side.WORD)\n"
                  "top = os.environ['HARDSHELL_SKILL']\n"
                  "print('text', open(os.path.join(top, 'references/words.txt')).read().strip())\n"
                  "print('beside', sorted(os.listdir(os.path.dirname(top))))\n"
                  "try:\n    open(os.path.join(top, 'new'), 'w')\n    print('WRITTEN')\n"
                  "except OSError as error:\n    print('refused', error.errno)\n"
                  "print('project', os.path.exists('README.md'))\n")
        self.reviewed("whole", manifest("      executables: [python3]\n"),
                      **{"scripts__run_dot_py": script, "scripts__side_dot_py": "WORD = 'neighbour'\n",
                         "references__words_dot_txt": "from a reference\n"})
        self.models.script(call("skill_load", name="whole"), call("skill_run", script="scripts/run.py"),
                           {"expect": {"tool_result": "module neighbour"}, "reply": "ran"})
        turn = self.hardshell.background("send", "--wait", "use whole")
        self.approve("run")
        said, errors = turn.communicate(timeout=60)
        self.assertIn("ran", said, errors)
        seen = json.dumps(self.models.stats())
        for text in ("text from a reference", "refused 30", "project False"):
            self.assertIn(text, seen)
        self.assertNotIn("WRITTEN", seen)


if __name__ == "__main__":
    unittest.main()
