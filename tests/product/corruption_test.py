"""A log of 100,000 events and seeded corruptions of it: `hardshell audit verify` and tools/verify_log.py find every
one and name the same first bad index. HS_FULL=1: 1,000 of them; otherwise a seeded part.

The corruptions are made here from docs/formats/audit-log.md alone, by neither verifier's code."""
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

import harness

FULL = bool(os.environ.get("HS_FULL"))
RECORDS = 100_000
COUNT = 1000 if FULL else 30
SEED = int(os.environ.get("HARDSHELL_SEED", "1"))
VERIFY = harness.SOURCE / "tools" / "verify_log.py"
HARDSHELL = harness.PROGRAMS / "hardshell"
WIDTH = 256
# Sizes at which make_log ends an epoch: heads that an earlier key has signed.
HEADS = [0, 10, RECORDS // 3, RECORDS // 2, RECORDS * 4 // 5]


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of_full(hashes):
    while len(hashes) > 1:
        hashes = [node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


class Log:
    """A copy of the log by hard links; what is edited becomes a file of its own."""

    def __init__(self, source, folder):
        self.folder = folder
        shutil.copytree(source, folder, copy_function=os.link)

    def file(self, kind, index, width=WIDTH):
        text = f"{index:03}" if index < 1000 else f"x{index // 1000:03}/{index % 1000:03}"
        path = self.folder / "tile" / str(kind) / text
        return path if width == WIDTH else pathlib.Path(f"{path}.p") / str(width)

    def bundle(self, index):
        return self.file("entries", index, min(WIDTH, RECORDS - index * WIDTH))

    def hashes(self, level, index):
        total = RECORDS >> 8 * level
        return self.file(level, index, min(WIDTH, total - index * WIDTH))

    def write(self, path, content):
        path.unlink()
        path.write_bytes(content)

    def records(self, index):
        data, found, at = self.bundle(index).read_bytes(), [], 0
        while at < len(data):
            end = at + 2 + int.from_bytes(data[at:at + 2], "big")
            found.append(data[at + 2:end])
            at = end
        return found

    def put_records(self, index, records):
        self.write(self.bundle(index), b"".join(len(r).to_bytes(2, "big") + r for r in records))


def changed(record, chance):
    """Another record that is as much an event as the one before."""
    event = json.loads(record)
    event["detail"]["number"] += 1 + chance.randrange(10**6)
    return json.dumps(event, sort_keys=True, separators=(",", ":")).encode()


# Each corrupts the copy and returns the first bad index that there is to find.
def a_changed_record(log, chance):
    index = chance.randrange(RECORDS)
    records = log.records(index // WIDTH)
    records[index % WIDTH] = changed(records[index % WIDTH], chance)
    log.put_records(index // WIDTH, records)
    return index


def a_changed_byte(log, chance):
    """Of a record's content, which stays as long as it was."""
    index = chance.randrange(RECORDS)
    records = log.records(index // WIDTH)
    record = bytearray(records[index % WIDTH])
    record[chance.randrange(len(record))] ^= 1 << chance.randrange(8)
    records[index % WIDTH] = bytes(record)
    log.put_records(index // WIDTH, records)
    return index


def a_missing_record(log, chance):
    index = chance.randrange(RECORDS)
    records = log.records(index // WIDTH)
    del records[index % WIDTH]
    log.put_records(index // WIDTH, records)
    return index


def a_missing_bundle(log, chance):
    tile = chance.randrange((RECORDS + WIDTH - 1) // WIDTH)
    log.bundle(tile).unlink()
    return tile * WIDTH


def two_records_in_each_others_place(log, chance):
    first, second = sorted(chance.sample(range(RECORDS), 2))
    theirs, ours = log.records(second // WIDTH), log.records(first // WIDTH)
    if first // WIDTH == second // WIDTH:
        theirs = ours
    ours[first % WIDTH], theirs[second % WIDTH] = theirs[second % WIDTH], ours[first % WIDTH]
    log.put_records(first // WIDTH, ours)
    log.put_records(second // WIDTH, theirs)
    return first


def an_inserted_record(log, chance):
    index = chance.randrange(RECORDS)
    records = log.records(index // WIDTH)
    records.insert(index % WIDTH, changed(records[index % WIDTH], chance))
    log.put_records(index // WIDTH, records)
    return index


def a_bundle_cut_off(log, chance):
    """A file that was half written, as a crash of another tool leaves it."""
    tile = chance.randrange(RECORDS // WIDTH)
    data = log.bundle(tile).read_bytes()
    cut = data[:chance.randrange(len(data))]
    log.write(log.bundle(tile), cut)
    whole, at = 0, 0
    while at + 2 <= len(cut) and at + 2 + int.from_bytes(cut[at:at + 2], "big") <= len(cut):
        at += 2 + int.from_bytes(cut[at:at + 2], "big")
        whole += 1
    return tile * WIDTH + whole


def a_tile_half_written(log, chance):
    tile = chance.randrange(RECORDS // WIDTH)
    data = log.hashes(0, tile).read_bytes()
    cut = chance.randrange(len(data))
    log.write(log.hashes(0, tile), data[:cut])
    return tile * WIDTH + cut // 32


def a_changed_hash(log, chance):
    index = chance.randrange(RECORDS)
    path = log.hashes(0, index // WIDTH)
    data = bytearray(path.read_bytes())
    data[index % WIDTH * 32 + chance.randrange(32)] ^= 1 << chance.randrange(8)
    log.write(path, bytes(data))
    return index


def a_truncated_log(log, chance):
    """The state as it was earlier: consistent in itself, and shown by a checkpoint from elsewhere."""
    source = log.folder.parent.parent / "made"
    shutil.rmtree(log.folder)
    shutil.copytree(source / "short", log.folder, copy_function=os.link)
    return RECORDS * 9 // 10


def a_rewritten_tail(log, chance):
    """Every record from one on is another, with all tiles above made to fit: only what was signed tells."""
    first = chance.randrange(RECORDS - 5000, RECORDS) if chance.random() < 0.5 else chance.randrange(RECORDS)
    for tile in range(first // WIDTH, (RECORDS + WIDTH - 1) // WIDTH):
        records = log.records(tile)
        for i in range(len(records)):
            if tile * WIDTH + i >= first:
                records[i] = changed(records[i], chance)
        log.put_records(tile, records)
        log.write(log.hashes(0, tile), b"".join(hashlib.sha256(b"\0" + r).digest() for r in records))
    for level in (1, 2):
        below = RECORDS >> 8 * (level - 1)
        for tile in range((RECORDS >> 8 * level) // WIDTH + 1):
            count = min(WIDTH, (RECORDS >> 8 * level) - tile * WIDTH)
            hashes = []
            for i in range(count):
                data = log.hashes(level - 1, tile * WIDTH + i).read_bytes()
                hashes.append(root_of_full([data[32 * j:32 * j + 32] for j in range(WIDTH)]))
            if count > 0:
                log.write(log.hashes(level, tile), b"".join(hashes))
        assert below >= WIDTH
    return max(head for head in HEADS if head <= first)


KINDS = [a_changed_record, a_changed_byte, a_missing_record, a_missing_bundle, two_records_in_each_others_place,
         an_inserted_record, a_bundle_cut_off, a_tile_half_written, a_changed_hash, a_truncated_log, a_rewritten_tail]


class Corruptions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="hardshell-log-", dir="/var/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.made = cls.folder / "made"
        cls.made.mkdir()
        subprocess.run([harness.PROGRAMS / "hs_make_log", cls.made, str(RECORDS)], check=True)
        cls.since = cls.made / "log/checkpoint"
        cls.environment = {"HOME": str(cls.folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}

    def ours(self, folder, *more):
        done = subprocess.run([HARDSHELL, "audit", "verify", str(folder), "--json", "--since-checkpoint",
                               str(self.since), *more], text=True, capture_output=True, env=self.environment)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["verified"], done.returncode == 0)
        return report

    def theirs(self, folders, *more):
        done = subprocess.run([sys.executable, str(VERIFY), "--since", str(self.since), *map(str, folders), *more],
                              text=True, capture_output=True)
        self.assertEqual(done.stderr, "")
        return [line.split(": ", 1)[1] for line in done.stdout.splitlines()]

    def verdict(self, report):
        if report["verified"]:
            return f"verified {report['records']}"
        return f"bad {report.get('first_bad', '-')}"

    def test_the_log_as_it_was_made(self):
        self.assertEqual(self.theirs([self.made / "log"]), [f"verified {RECORDS}"])
        self.assertEqual(self.verdict(self.ours(self.made / "log")), f"verified {RECORDS}")
        self.assertEqual(len(VERIFY.read_text().splitlines()) <= 200, True)

    def test_both_find_every_corruption_and_name_the_same_record(self):
        chance = random.Random(SEED)
        counts = {}
        work = self.folder / "work"
        work.mkdir()
        for begin in range(0, COUNT, 10):
            batch = []
            for number in range(begin, min(begin + 10, COUNT)):
                kind = KINDS[number % len(KINDS)]
                log = Log(self.made / "log", work / str(number))
                batch.append((number, kind, kind(log, chance), log.folder))
            said = self.theirs([folder for *_, folder in batch])
            self.assertEqual(len(said), len(batch))
            for (number, kind, index, folder), line in zip(batch, said):
                with self.subTest(kind=kind.__name__, number=number, seed=SEED):
                    report = self.ours(folder)
                    self.assertEqual(self.verdict(report), f"bad {index}", report["problems"][:3])
                    self.assertEqual(line.split()[:2], ["bad", str(index)], line)
                    counts[kind.__name__] = counts.get(kind.__name__, 0) + 1
                shutil.rmtree(folder)
        print(f"{sum(counts.values())} of {COUNT} corruptions of {RECORDS} events found by both: {counts}")

    def test_bad_folders_are_told_apart_by_name(self):
        """Never a crash, never a false "verified"."""
        def faults(edit):
            folder = self.folder / "bad"
            shutil.rmtree(folder, True)
            log = Log(self.made / "log", folder)
            edit(log)
            report = self.ours(folder)
            line = self.theirs([folder])[0]
            self.assertEqual(report["verified"], line.startswith("verified"), line)
            return report

        def foreign(log):
            (log.folder / "notes.txt").write_text("x")
            (log.folder / "tile/0/backup~").write_text("x")
            os.symlink("/dev/zero", log.folder / "tile/1/zero")
        report = faults(foreign)
        self.assertTrue(report["verified"])
        self.assertEqual(report["foreign"], ["notes.txt", "tile/0/backup~", "tile/1/zero"])

        other = (self.made / "other/checkpoint").read_bytes()
        report = faults(lambda log: log.write(log.folder / "checkpoint", other))
        self.assertEqual({problem["fault"] for problem in report["problems"]} & {"other_log"}, {"other_log"})

        named = {}
        for name, edit in {
                "tile": lambda log: log.write(log.hashes(1, 0), log.hashes(1, 0).read_bytes()[:100]),
                "missing": lambda log: log.write(log.bundle(7), log.bundle(7).read_bytes()[:-3]),
                "checkpoint": lambda log: (log.folder / "checkpoint").unlink(),
                "signature": lambda log: log.write(log.folder / "checkpoint", b"\n".join(
                    (log.folder / "checkpoint").read_bytes().split(b"\n")[:-2]) + b"\n"),
                "epoch": lambda log: (log.folder / "epochs/000002").unlink()}.items():
            report = faults(edit)
            self.assertFalse(report["verified"])
            named[name] = [problem["fault"] for problem in report["problems"]]
            self.assertIn(name, named[name])

        empty = self.folder / "empty"
        empty.mkdir()
        self.assertFalse(self.ours(empty)["verified"])
        done = subprocess.run([HARDSHELL, "audit", "verify", str(self.folder / "nowhere")], text=True,
                              capture_output=True, env=self.environment)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nowhere", done.stderr)


if __name__ == "__main__":
    unittest.main()
