#!/usr/bin/env python3
"""Verifies folders of a Hardshell audit log with nothing but Python's standard library.

Prints "DIR: verified SIZE" or "DIR: bad INDEX WHY" (the first record that can be wrong, or - where no
record is concerned); exits 1 unless all are verified. Written from docs/formats/audit-log.md alone.
"""
import argparse, base64, functools, hashlib, pathlib, re, sys

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
EMPTY = hashlib.sha256().digest()

def need(condition, why):
    if not condition:
        raise ValueError(why)
def add(p, q):  # RFC 8032 section 5.1, the group law in affine coordinates
    t = D * p[0] * q[0] * p[1] * q[1]
    x, y = (p[0] * q[1] + q[0] * p[1]) * pow(1 + t, -1, P), (p[1] * q[1] + p[0] * q[0]) * pow(1 - t, -1, P)
    return x % P, y % P
def times(scalar, p):
    total = (0, 1)
    for bit in bin(scalar)[2:]:
        total = add(add(total, total), p) if bit == "1" else add(total, total)
    return total
def point(data):  # section 5.1.3; points of small order are refused
    y, sign = int.from_bytes(data, "little") & (2**255 - 1), data[31] >> 7
    xx = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(xx, (P + 3) // 8, P)
    x = x if (x * x - xx) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    found = (x if x & 1 == sign else P - x, y)
    need(y < P and (x * x - xx) % P == 0 and x and times(8, found) != (0, 1), "no point, or one of small order")
    return found
@functools.cache
def check_ed25519(key, message, signature):  # section 5.1.7
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    need(len(signature) == 64 and s < L, "no signature")
    base = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    need(times(s, base) == add(point(r), times(k, point(key))), "a signature does not verify")
def unbase64(text):
    need(base64.b64encode(base64.b64decode(text)).decode() == text, "base64 is not canonical")
    return base64.b64decode(text)
def decimal(text):
    need(re.fullmatch("0|[1-9][0-9]*", text) and int(text) < 2**63, "no decimal number")
    return int(text)
def parse_vkey(text):  # (name, key id, key)
    name, key_id, key = text.split("+", 2)
    data = unbase64(key)
    right_id = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    need(len(data) == 33 and data[0] == 1 and right_id.hex() == key_id, "no Ed25519 key or another id")
    return name, right_id, data[1:]
def parse_note(data):  # (text, [(key name, key id and signature)])
    body, lines = data.decode().rsplit("\n\n", 1)
    need(lines.endswith("\n") and not re.search("[\0-\x09\x0b-\x1f\x7f]", body + lines), "no signed note")
    matches = [re.fullmatch("\u2014 ([^\\s+]+) (\\S+)", line) for line in lines[:-1].split("\n")]
    need(all(matches), "a malformed signature line")
    return body + "\n", [(match[1], unbase64(match[2])) for match in matches]
def check_signed(note, key):
    mine = [data[4:] for name, data in note[1] if (name, data[:4]) == key[:2]]
    need(mine, f"no signature by {key[0]}")
    for signature in mine:
        check_ed25519(key[2], note[0].encode(), signature)
def parse_checkpoint(text):  # (origin, (size, root))
    lines = text.split("\n")[:-1]
    need(len(lines) >= 3 and all(lines) and len(unbase64(lines[2])) == 32, "no checkpoint")
    return lines[0], (decimal(lines[1]), unbase64(lines[2]))
def parse_epoch(note, before, log_key):  # (number, head, key, log key)
    form = r"(.+)/epochs\nnumber (.*)\nsize (.*)\nroot (.*)\nlog (.*)\nkey (.*)\ntime (.*)\n"
    match = re.fullmatch(form, note[0])
    need(match and decimal(match[7]) >= 0 and len(unbase64(match[4])) == 32, "a malformed epoch note")
    head, log, key = (decimal(match[3]), unbase64(match[4])), parse_vkey(match[5]), parse_vkey(match[6])
    start = before or (-1, (0, EMPTY), key)
    need(log == (log_key or log) and (log[0], key[0]) == (match[1], match[1] + "/epoch"), "another log")
    need(before or head == start[1], "the genesis note is not of an empty log")
    need(decimal(match[2]) == start[0] + 1 and head[0] >= start[1][0], "an epoch out of line")
    check_signed(note, log)
    check_signed(note, start[2])
    return start[0] + 1, head, key, log
def node(right, left):
    return hashlib.sha256(b"\x01" + left + right).digest()
def perfect_roots(hashes):  # the roots of the perfect subtrees, from left to right
    if len(hashes) < 2:
        return hashes
    first = hashes[:1 << (len(hashes).bit_length() - 1)]
    rest = hashes[len(first):]
    while len(first) > 1:
        first = [node(first[i + 1], first[i]) for i in range(0, len(first), 2)]
    return first + perfect_roots(rest)

class Folder:
    def __init__(self, folder, log_key, genesis_key, since):
        self.folder, self.log_key, self.genesis_key, self.since = folder, log_key, genesis_key, since
        # exact: (index, why) of records; ranges: likewise where the fault lies at index or later.
        self.exact, self.ranges, self.head, self.chain = [], [], None, []
    def verify(self):
        for step in (self.check_epochs, self.read_checkpoint, self.check_since, self.check_records):
            try:
                step()
            except (OSError, ValueError) as problem:
                self.ranges.append((None, f"{step.__name__}: {problem}"))
        found = self.exact or [r for r in self.ranges if r[0] is not None] or self.ranges
        if not found:
            return True, f"verified {self.head[0]}"
        index, why = min(found, key=lambda pair: pair[0] or 0)
        return False, f"bad {'-' if index is None else index} {why}"
    def check_epochs(self):
        while (path := self.folder / "epochs" / f"{len(self.chain):06}").exists():
            before = self.chain[-1] if self.chain else None
            self.chain.append(parse_epoch(parse_note(path.read_bytes()), before, self.log_key))
            self.log_key = self.log_key or self.chain[0][3]
        names = [p for p in (self.folder / "epochs").iterdir() if p.suffix != ".new"]
        need(self.chain and len(names) == len(self.chain), "the chain has gaps")
        need(self.genesis_key in (None, self.chain[0][2]), "another genesis key")
    def signed_head(self, note):
        origin, head = parse_checkpoint(note[0])
        need(self.log_key and self.log_key[0] == origin, "another log")
        check_signed(note, self.log_key)
        return head
    def read_checkpoint(self):
        note = parse_note((self.folder / "checkpoint").read_bytes())
        self.head = parse_checkpoint(note[0])[1]
        self.signed_head(note)
        # Just after a change of epochs the key before may still stand under the same head.
        usable = [e[2] for e in self.chain[-2:] if e is self.chain[-1] or self.head == self.chain[-1][1]]
        signed = [k for k in reversed(usable) if k[:2] in [(name, data[:4]) for name, data in note[1]]]
        check_signed(note, (signed + usable + [self.log_key])[0])
    def check_since(self):
        self.heads = [epoch[1] for epoch in self.chain]
        self.heads += [self.signed_head(parse_note(self.since))] if self.since else []
    def check_records(self):
        need(self.head, "no size is known")
        levels, whole, good, total = [[]], [], 0, self.head[0]
        self.ranges += [(total, f"truncated, {size} were signed") for size, _ in self.heads if size > total]
        for first in range(0, total, 256):
            before = len(self.exact)
            levels[0] += self.check_tile(first // 256, min(256, total - first))
            whole.append(len(self.exact) == before)
        while len(levels[-1]) >= 256:
            levels.append(self.check_level(len(levels), levels[-1], whole))
            whole = [True] * len(levels[-1])
        for size, root in sorted(head for head in self.heads if head[0] <= total) + [self.head]:
            cuts = [levels[i][size >> 8 * (i + 1) << 8:size >> 8 * i] for i in range(len(levels))]
            roots = [r for cut in reversed(cuts) for r in perfect_roots(cut)] or [EMPTY]
            if functools.reduce(node, reversed(roots)) == root:
                good = size
            else:
                self.ranges.append((good, f"rewritten: the first {size} records are not those signed"))
    def check_level(self, level, below, whole):
        taken = []
        for index in range(len(below) // 256):
            if index % 256 == 0:
                stored = self.read_hashes(level, index // 256, min(256, len(below) // 256 - index))
            root, theirs = perfect_roots(below[256 * index:256 * index + 256])[0], stored[index % 256:][:1]
            if theirs not in ([], [root]) and whole[index]:
                self.exact.append((index << 8 * level, "not what the tile above holds"))
            taken.append((theirs or [root])[0])
        return taken
    def read(self, kind, index, width):  # (content, whether it is the file of exactly that width)
        groups = re.findall("...", str(index).zfill(-(-len(str(index)) // 3) * 3))
        full = self.folder / "tile" / str(kind) / "/".join(["x" + g for g in groups[:-1]] + groups[-1:])
        partial = pathlib.Path(f"{full}.p") / str(width)
        path = partial if width < 256 and partial.exists() else full
        return (path.read_bytes() if path.exists() else b""), path is partial or width == 256
    def read_hashes(self, level, index, width):
        data, exact = self.read(level, index, width)
        count = min(len(data) // 32, width)
        if len(data) % 32 or count < width or (exact and len(data) > 32 * width):
            self.exact.append((index * 256 + count << 8 * level, f"a damaged tile {level}/{index}"))
        return [data[32 * i:32 * i + 32] for i in range(count)]
    def check_tile(self, tile, width):
        data, exact = self.read("entries", tile, width)
        leaves, at = [], 0
        while at + 2 <= len(data) and len(leaves) < 256:
            end = at + 2 + int.from_bytes(data[at:at + 2], "big")
            if end > len(data):
                break
            leaves.append(hashlib.sha256(b"\0" + data[at + 2:end]).digest())
            at = end
        if exact and (len(leaves) > width or (len(leaves) == width and at < len(data))):
            self.exact.append((256 * tile + width, "more records than the tree has"))
        stored = self.read_hashes(0, tile, width)
        wrong = [i for i, pair in enumerate(zip(leaves, stored)) if pair[0] != pair[1]]
        self.exact += [(256 * tile + i, "not the record that the tree holds") for i in wrong[:1]]
        if len(leaves) < width:
            self.exact.append((256 * tile + len(leaves), "missing or cut off"))
        return (stored + leaves[len(stored):] + [bytes(32)] * width)[:width]

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    for name, kind in (("log-key", parse_vkey), ("genesis-key", parse_vkey), ("since", pathlib.Path)):
        parser.add_argument("--" + name, type=kind)
    given = parser.parse_args()
    since = given.since and given.since.read_bytes()
    verdicts = [Folder(folder, given.log_key, given.genesis_key, since).verify() for folder in given.folders]
    print("\n".join(f"{folder}: {text}" for folder, (_, text) in zip(given.folders, verdicts)))
    return 0 if all(verified for verified, _ in verdicts) else 1

if __name__ == "__main__":
    sys.exit(main())
