"""A full disk: the state lies on a small file system of its own. Nothing is done that could not be
recorded, the message says what to do, and with space nothing that was acknowledged is missing.

Runs itself again in a mount namespace (and a user namespace where the caller is not root)."""
import errno
import os
import pathlib
import subprocess
import sys
import unittest

import harness

SIZE_MIB = 48
POLICY = """@id("test-run")
@sandbox("work")
permit (principal is Hardshell::Agent, action == Hardshell::Action::"run", resource);
"""


def fill(folder):
    """Takes every byte that is left."""
    with open(folder / "filler", "ab", buffering=0) as stream:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    stream.write(b"x" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    return folder / "filler"


class FullDisk(unittest.TestCase):
    def test_nothing_is_done_and_nothing_is_lost(self):
        hardshell = harness.Installation()
        self.addCleanup(hardshell.close)
        disk = hardshell.state.parent
        before = subprocess.run(["cp", "-a", str(hardshell.state), str(hardshell.home / "kept")], check=True)
        self.assertEqual(before.returncode, 0)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m,mode=700", "none", str(disk)], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)])
        subprocess.run(["cp", "-a", str(hardshell.home / "kept"), str(hardshell.state)], check=True)
        policy = hardshell.home / ".config/hardshell/policy"
        policy.mkdir(exist_ok=True)
        (policy / "test.cedar").write_text(POLICY)
        (hardshell.project / "append.sh").write_text("echo $1 >> effects\n")

        self.assertEqual(hardshell.send("run sh append.sh before", "--session", "s").returncode, 0)
        filler = fill(disk)
        told, refused = "", 0
        for number in range(12):
            done = hardshell.send(f"run sh append.sh full-{number}", "--session", "s", check=False)
            told += done.stdout + done.stderr
            refused += done.returncode != 0
        self.assertGreater(refused, 0, told)
        self.assertRegex(told, "(?i)space|full")
        happened = (hardshell.project / "effects").read_text().split()

        filler.unlink()
        hardshell.stop()
        self.assertEqual(hardshell.send("run sh append.sh after", "--session", "s").returncode, 0)
        self.assertTrue(hardshell.json("audit", "verify")["verified"])
        recorded = {tuple(event["detail"]["request"]["action"]["argv"])
                    for event in hardshell.events(1000)
                    if event["kind"] == "decision" and event["outcome"] == "allow"
                    and "argv" in event.get("detail", {}).get("request", {}).get("action", {})}
        for name in happened:
            self.assertIn(("sh", "append.sh", name), recorded, "an effect without its record")
        said = hardshell.cli("sessions", "show", "s").stdout
        for text in ("before", "after"):
            self.assertIn(f"run sh append.sh {text}", said)


def main():
    if os.environ.get("HARDSHELL_OWN_MOUNTS"):
        return unittest.main()
    ways = [["unshare", "--mount", "--propagation", "private"]]
    if os.geteuid() != 0:
        ways = [["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"]]
    probe = subprocess.run([*ways[0], "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        print("SKIPPED: this machine gives no mount namespace:", probe.stderr.strip())
        return 77
    return subprocess.run([*ways[0], sys.executable, str(pathlib.Path(__file__)), *sys.argv[1:]],
                          env={**os.environ, "HARDSHELL_OWN_MOUNTS": "1"}).returncode


if __name__ == "__main__":
    sys.exit(main())
