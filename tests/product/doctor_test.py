"""hardshell doctor: all proven on a sound machine, and red for each wall that is taken away."""
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import time
import unittest

import harness

# The wall that is removed from the launcher, and what the doctor must then call missing.
# Without the new root nothing starts at all.
WALLS = {"root": "sandbox", "read_only": "hooks are read only", "masks": "masked file is unreadable",
         "processes": "host processes are unseen", "seccomp": "no set user id", "network": "names are answered here"}
TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/apparmor/install.sh"


def findings(hardshell, code):
    done = hardshell.cli("doctor", "--json", check=False, timeout=150)
    assert done.returncode == code, done.stdout + done.stderr + hardshell.log()
    import json
    return {one["name"]: one for one in json.loads(done.stdout)["findings"]}


class Doctor(unittest.TestCase):
    def install(self, programs=harness.PROGRAMS):
        hardshell = harness.Installation(programs=programs)
        self.addCleanup(hardshell.close)
        return hardshell

    def test_a_sound_machine_is_proven_and_on_record(self):
        hardshell = self.install()
        found = findings(hardshell, 0)
        self.assertNotIn("missing", [one["state"] for one in found.values()])
        for name in ("namespaces", "landlock", "seccomp", "memory limit", "clock", "secret store", "state folder",
                     "metadata is unreachable", "record cannot be written", "names are answered here"):
            self.assertIn(name, found)
        event = [one for one in hardshell.events() if one["kind"] == "doctor"][-1]
        self.assertEqual(event["outcome"], "sound")
        self.assertEqual(event["detail"]["masked file is unreadable"], "held")
        self.assertTrue(hardshell.json("audit", "verify")["verified"])
        self.assertEqual([path.name for path in (hardshell.home / ".cache/hardshell").glob("doctor-*")], [])

    def test_an_open_state_folder_is_red(self):
        hardshell = self.install()
        findings(hardshell, 0)
        (hardshell.config_file.parent / "policy").chmod(0o777)
        found = findings(hardshell, 1)
        self.assertEqual(found["policy folder"]["state"], "missing")
        self.assertIn("chmod", found["policy folder"]["fix"])
        # Closed until a proof finds it again, over a restart as well; a person can still look and mend.
        self.assertIn("open to others", hardshell.send("list the files here", check=False).stdout)
        hardshell.cli("stop")
        self.assertIn("open to others", hardshell.send("list the files here", check=False).stdout)
        self.assertIn("CLOSED", hardshell.cli("status").stdout)
        (hardshell.config_file.parent / "policy").chmod(0o700)
        findings(hardshell, 0)
        self.assertNotIn("open to others", hardshell.send("list the files here").stdout)
        self.assertEqual(hardshell.json("status")["unproven"], [])

    def test_each_wall_that_is_taken_away_is_red(self):
        launcher = harness.PROGRAMS / "hardshell-launcher-test"
        if not launcher.exists():
            self.skipTest("the launcher's test build is not there")
        for wall, name in WALLS.items():
            with self.subTest(wall):
                folder = tempfile.mkdtemp(prefix="hardshell-programs-", dir="/var/tmp")
                self.addCleanup(shutil.rmtree, folder, True)
                os.chmod(folder, 0o755)
                for program in ("hardshell", "hardshelld", "hardshell-keeper", "hardshell-egress", "hardshell-reader"):
                    shutil.copy2(harness.PROGRAMS / program, folder)
                shutil.copy2(launcher, folder)
                fake = pathlib.Path(folder) / "hardshell-launcher"
                fake.write_text(f'#!/bin/sh\nexec {folder}/hardshell-launcher-test --without {wall} "$@"\n')
                fake.chmod(fake.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
                hardshell = self.install(pathlib.Path(folder))
                found = findings(hardshell, 1)
                wrong = [one["name"] for one in found.values() if one["state"] == "missing"]
                self.assertIn(name, wrong)
                # Red, and closed: what rests on it is refused to the assistant.
                closed = "network" if wall == "network" else "sandbox"
                self.assertIn(closed, hardshell.json("status")["unproven"])
                words = "fetch http://127.0.0.1:9/" if closed == "network" else "run uname -a"
                said = hardshell.send(words, check=False)
                self.assertIn(f"a wall of the {closed} missing", said.stdout + said.stderr)
                hardshell.close()


class Daily(unittest.TestCase):
    """The clock asks for the same proof."""

    def proofs(self, hardshell):
        return [one for one in hardshell.events() if one["kind"] == "doctor"]

    def await_proofs(self, hardshell, count, seconds=150):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if len(self.proofs(hardshell)) >= count:
                return self.proofs(hardshell)
            time.sleep(0.5)
        raise AssertionError("no proof came\n" + hardshell.log())

    def test_it_is_in_the_record_once_a_day(self):
        hardshell = harness.Installation('\n[doctor]\nfirst_seconds = 1\n')
        self.addCleanup(hardshell.close)
        hardshell.cli("sandbox", "run", "--", "true")
        proofs = self.await_proofs(hardshell, 1)
        self.assertEqual((proofs[0]["outcome"], proofs[0]["detail"]["seccomp"]), ("sound", "held"))
        # A restart on the same day proves nothing anew; the next day does.
        hardshell.cli("stop")
        hardshell.cli("sandbox", "run", "--", "true")
        time.sleep(4)
        self.assertEqual(len(self.proofs(hardshell)), 1)
        hardshell.cli("stop")
        (hardshell.state / "proof").write_text("1000")
        # What was opened meanwhile is seen.
        (hardshell.config_file.parent / "policy").mkdir(exist_ok=True)
        (hardshell.config_file.parent / "policy").chmod(0o777)
        hardshell.cli("sandbox", "run", "--", "true")
        proofs = self.await_proofs(hardshell, 2)
        self.assertEqual((proofs[-1]["outcome"], proofs[-1]["detail"]["policy folder"]), ("not sound", "missing"))

    def test_never_means_never(self):
        hardshell = harness.Installation('\n[doctor]\nfirst_seconds = 1\nevery_hours = 0\n')
        self.addCleanup(hardshell.close)
        hardshell.cli("sandbox", "run", "--", "true")
        time.sleep(4)
        self.assertEqual(self.proofs(hardshell), [])


class AppArmor(unittest.TestCase):
    """tools/apparmor/install.sh, with a folder and a setting of its own."""

    def install(self, setting, parser="exit 0", launcher="/opt/hardshell/bin/hardshell-launcher"):
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        if setting is not None:
            (folder / "sysctl").write_text(setting)
        (folder / "bin").mkdir()
        (folder / "profiles").mkdir()
        if parser is not None:
            program = folder / "bin/apparmor_parser"
            program.write_text(f"#!/bin/sh\n{parser}\n")
            program.chmod(0o755)
        done = subprocess.run([str(TOOL), launcher], capture_output=True, text=True, check=False,
                              env={"PATH": f"{folder}/bin:/usr/bin:/bin", "HS_APPARMOR_SYSCTL": f"{folder}/sysctl",
                                   "HS_APPARMOR_FOLDER": f"{folder}/profiles"})
        profile = folder / "profiles/hardshell-launcher"
        return done, profile.read_text() if profile.exists() else None

    def test_only_where_the_kernel_restricts(self):
        for setting in (None, "0\n"):
            done, profile = self.install(setting)
            self.assertEqual((done.returncode, profile, done.stderr), (0, None, ""))
        done, profile = self.install("1\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("profile hardshell-launcher /opt/hardshell/bin/hardshell-launcher flags", profile)
        self.assertIn("userns,", profile)

    def test_never_fails(self):
        self.assertEqual(self.install("1\n", parser="exit 1")[0].returncode, 0)
        done, profile = self.install("1\n", launcher="/opt/{a,b}/x")
        self.assertEqual((done.returncode, profile), (0, None))
        self.assertIn("cannot name", done.stderr)


if __name__ == "__main__":
    unittest.main()
