"""Bad input: each is named, costs bounded memory, loses nothing, and says what to do."""
import os
import stat
import unittest

import harness
from harness import call


class Configuration(unittest.TestCase):
    def setUp(self):
        self.hardshell = harness.Installation()
        self.addCleanup(self.hardshell.close)

    def fails_with(self, *wanted):
        done = self.hardshell.send("list the files here", check=False)
        self.assertNotEqual(done.returncode, 0)
        for text in wanted:
            self.assertIn(text, done.stderr)

    def test_a_typing_error_names_line_and_nearest_key(self):
        self.hardshell.config_file.write_text("[api]\nprot = 1\n")
        self.fails_with("line 2", "api.prot", "api.port")

    def test_a_port_in_use(self):
        import socket
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.hardshell.config_file.write_text(f"[api]\nport = {port}\n")
            self.fails_with(str(port), "in use", "config set api.port")

    def test_state_that_others_may_enter(self):
        os.chmod(self.hardshell.state, 0o755)
        self.fails_with("chmod")
        os.chmod(self.hardshell.state, stat.S_IRWXU)
        self.hardshell.send("list the files here")

    def test_a_second_instance_is_refused_with_the_pid_of_the_first(self):
        self.hardshell.send("list the files here")
        first = self.hardshell.processes()["hardshelld"]
        import subprocess
        second = subprocess.run([str(self.hardshell.programs / "hardshelld")], text=True, capture_output=True,
                                env=self.hardshell.environment, timeout=20)
        self.assertEqual(second.returncode, 3)
        self.assertIn(str(first), second.stderr)

    def test_a_policy_that_does_not_hold_leaves_the_locked_set(self):
        (self.hardshell.home / ".config/hardshell/policy/mine.cedar").write_text("permit (principal, action resource);")
        self.hardshell.send("list the files here", check=False)
        self.assertEqual(self.hardshell.json("status")["policy"]["preset"], "locked")

    def test_setting_a_value_checks_it(self):
        done = self.hardshell.cli("config", "set", "api.port", "eighty", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("whole number", done.stderr)
        self.assertIn("api.port", self.hardshell.cli("config", "set", "api.prot", "1", check=False).stderr)


class Model(unittest.TestCase):
    def setUp(self):
        self.models = harness.FakeModels()
        self.addCleanup(self.models.close)
        self.hardshell = harness.Installation(harness.with_model(self.models))
        self.addCleanup(self.hardshell.close)
        self.hardshell.send("x", check=False)

    def with_key(self, key=None):
        self.hardshell.cli("secret", "set", "fake-key", stdin=(key or self.models.key) + "\n")

    def test_a_missing_or_wrong_key_names_the_command(self):
        self.assertIn("hardshell secret set", self.hardshell.send("hello", check=False).stderr)
        self.with_key("sk-wrong")
        done = self.hardshell.send("hello", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("key", done.stderr)

    def test_nonsense_is_told_back_and_the_turn_goes_on(self):
        self.with_key()
        self.models.script(call("no_such_tool", x=1), call("files_read"), call("files_read", path=7),
                           call("files_read", path="README.md", surprise=True), {"reply": "recovered"})
        self.assertIn("recovered", self.hardshell.send("go").stdout)

    def test_an_endless_tool_loop_is_stopped(self):
        self.with_key()
        self.models.script({"repeat": 200, **call("files_list")})
        done = self.hardshell.send("go", check=False, timeout=120)
        self.assertIn("turn.steps_max", done.stdout + done.stderr)

    def test_a_cut_stream_fails_and_loses_nothing(self):
        self.with_key()
        self.models.script(*[{"reply": "half an answer", "cut_after_events": 3} for _ in range(6)])
        self.hardshell.send("first words", "--session", "kept", check=False)
        self.models.script({"reply": "whole"})
        self.assertIn("whole", self.hardshell.send("second words", "--session", "kept").stdout)
        said = self.hardshell.cli("sessions", "show", "kept").stdout
        self.assertIn("first words", said)
        self.assertIn("second words", said)

    def test_ten_megabytes_of_text_are_bounded(self):
        self.with_key()
        self.models.script({"reply": "x" * 10_000_000})
        self.hardshell.send("go", check=False, timeout=120)
        for pid in self.hardshell.processes().values():
            with open(f"/proc/{pid}/status", encoding="ascii") as stream:
                peak_kib = int(next(line for line in stream if line.startswith("VmHWM")).split()[1])
            self.assertLess(peak_kib, 256 << 10)
        self.models.script({"reply": "after"})
        self.assertIn("after", self.hardshell.send("again").stdout)

    def test_a_message_that_is_too_large_is_refused(self):
        status, text = self.hardshell.http(
            "POST", "/v1/chat/completions",
            {"messages": [{"role": "user", "content": "x" * (20 << 20)}]}, self.hardshell.token())
        self.assertEqual(status, 413)
        self.assertIn("send less", text)

    def test_a_command_that_prints_for_ever_and_one_that_never_ends(self):
        self.with_key()
        for argv in (["yes"], ["sleep", "1000"]):
            self.models.script(call("shell_run", argv=argv, timeout_s=2), {"reply": "bounded"})
            turn = self.hardshell.background("send", "--wait", "go")
            self.hardshell.cli("approvals", "approve", self.hardshell.wait_for_approval()["id"])
            self.assertIn("bounded", turn.communicate(timeout=60)[0])


if __name__ == "__main__":
    unittest.main()
