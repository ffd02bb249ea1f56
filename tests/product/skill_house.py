"""What the product tests of skills share: an installation with a scripted model, and skills to install."""
import json
import sys
import unittest

import harness

sys.path.insert(0, str(harness.SOURCE / "tests" / "skills"))

PLAIN = "---\nname: {name}\ndescription: Counts words.\n{more}---\n# {name}\n\n{body}\n"
MANIFEST = ("metadata:\n  hardshell:\n    permissions:\n      paths:\n        read: [project]\n"
            "      executables: [bash, uname]\n")


class SkillHouse(unittest.TestCase):
    provider = ""  # more lines of the fake provider's table

    def setUp(self):
        self.models = harness.FakeModels()
        self.addCleanup(self.models.close)
        self.hardshell = harness.Installation(harness.with_model(self.models, self.provider))
        self.addCleanup(self.hardshell.close)

    def start(self):
        self.hardshell.send("x", check=False)  # starts the daemon
        self.hardshell.cli("secret", "set", "fake-key", stdin=self.models.key + "\n")

    def skill(self, name, more="", body="Count.", **files):
        folder = self.hardshell.home / "incoming" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "SKILL.md").write_text(PLAIN.format(name=name, more=more, body=body))
        for path, text in files.items():
            file = folder / path.replace("__", "/").replace("_dot_", ".")
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        return folder

    def install(self, name, *arguments, **options):
        folder = self.skill(name, **options)
        self.hardshell.cli("skill", "install", str(folder))
        self.hardshell.cli("skill", "enable", name, *arguments)

    def decisions(self):
        return [(e["detail"]["request"]["action"]["effect"], e["outcome"], e.get("reason", ""),
                 e["detail"]["request"]["question"])
                for e in self.hardshell.events(500) if e["kind"] == "decision" and "request" in e["detail"]]

    def tool_results(self):
        """All tool results of the conversation, as the model saw them last."""
        return json.dumps(self.models.stats())

    def approve(self, *effects):
        """Answers what is asked, which must be these effects in this order."""
        for effect in effects:
            approval = self.hardshell.wait_for_approval(30)
            self.assertEqual(approval["action"]["effect"], effect)
            self.hardshell.cli("approvals", "approve", approval["id"])
            while any(one["id"] == approval["id"] for one in self.hardshell.approvals()):
                pass

    def tried_by(self, skill):
        """(effect, outcome, reason) of each decision in which the skill is the principal."""
        return [(effect, outcome, reason) for effect, outcome, reason, question in self.decisions()
                if question["actor"]["kind"] == "skill" and question["actor"]["name"] == skill]

    def reviewer(self, name="ann"):
        """A reviewer whose key is configured; the key's file."""
        key = self.hardshell.home / f"{name}.key"
        made = self.hardshell.json("skill", "sign", "--new-key", "--key", str(key), "--name", name)
        file = self.hardshell.config_file.parent / "skill-reviewers.toml"
        with file.open("a") as stream:
            stream.write(f'[[reviewer]]\nname = "{name}"\nkey = "{made["public_key"]}"\nroles = ["security"]\n')
        return key
