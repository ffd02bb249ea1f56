"""hardshell detect scan: files, folders and standard input, without a daemon; no value is printed."""
import gzip
import json
import pathlib
import random
import string
import subprocess
import tempfile
import unittest

import harness


def letters(count, seed):
    return "".join(random.Random(seed).choices(string.ascii_letters + string.digits, k=count))


class Scan(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hardshell-detect-", dir="/var/tmp"))
        self.addCleanup(subprocess.run, ["rm", "-rf", str(self.folder)])
        self.token = "ghp" + "_" + letters(36, 1)

    def scan(self, *arguments, stdin=None, code=0):
        done = subprocess.run([str(harness.PROGRAMS / "hardshell"), "detect", "scan", *map(str, arguments)],
                              input=stdin, capture_output=True, cwd=self.folder, timeout=300,
                              env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertNotIn(self.token.encode(), done.stdout + done.stderr)
        return done.stdout.decode()

    def lines(self, *arguments, **options):
        return [json.loads(line) for line in self.scan("--json", *arguments, **options).splitlines()]

    def test_one_finding_a_line_from_folders(self):
        (self.folder / "a/b").mkdir(parents=True)
        (self.folder / "a/b/x.env").write_text(f"A=1\nTOKEN={self.token}\n")
        (self.folder / "a/clean.txt").write_text("commit 9fceb02d0ae598e95dc970b74767f19372d61af8\n")
        (self.folder / "a/c.gz").write_bytes(gzip.compress(f"x {self.token}".encode()))
        found = self.lines("a")
        self.assertEqual([(one["file"], one["line"], one["column"], one["kind"]) for one in found],
                         [("a/b/x.env", 2, 7, "github-pat"), ("a/c.gz", 1, 3, "github-pat")])
        self.assertEqual(found[1]["within"], "gzip")
        self.assertGreater(found[0]["confidence"], 0.5)
        self.assertIn("2 findings in 3 files", self.scan("a"))

    def test_standard_input_binary_and_broken_text(self):
        for before in (b"", b"\xff\xfe\xc0 broken ", b"\0\1\2 binary "):
            # Two bytes that say UTF-16 are believed only where they are meant.
            body = before.replace(b"\xff\xfe", b"\xff") + b" " + self.token.encode() + b" "
            self.assertEqual([one["kind"] for one in self.lines("-", stdin=body)], ["github-pat"])

    def test_fifty_megabytes(self):
        with (self.folder / "large.log").open("wb") as stream:
            for _ in range(50):
                stream.write(b"an ordinary line of a log, 2026-11-22 ok\n" * 25_000)
            stream.write(self.token.encode() + b"\n")
        found = self.lines("large.log")
        self.assertEqual([(one["line"], one["kind"]) for one in found], [(1_250_001, "github-pat")])

    def test_what_cannot_be_read_is_told_and_the_rest_is_scanned(self):
        (self.folder / "x").write_text(self.token)
        found = self.lines("missing", "x", code=1)
        self.assertEqual(len(found), 1)

    def test_only_and_confidence(self):
        (self.folder / "x").write_text(f"{self.token}\nmary.jones@acme-works.com\n")
        self.assertEqual([one["family"] for one in self.lines("--only", "personal", "x")], ["personal"])
        self.assertEqual(self.lines("--min-confidence", "1", "x"), [])


if __name__ == "__main__":
    unittest.main()
