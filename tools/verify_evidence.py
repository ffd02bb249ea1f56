#!/usr/bin/env python3
"""Verifies an evidence bundle of `hardshell incident evidence` (also of a review or an exit) with nothing but Python.

Usage: verify_evidence.py FOLDER [--log-key KEY] [--genesis-key KEY]

Every file is held against the manifest, the manifest against the record that the log has of it (seal.tlog-proof: the
record, its place in the tree, the signed head), and the copy of the log against its own signatures. Give the keys that
were taken off the machine (hardshell audit keys --to FILE); without them the bundle's own are taken, which shows
only that it holds together. verify_log.py must lie beside this script. Format: docs/formats/evidence.md.
"""
import argparse
import hashlib
import json
import pathlib
import sys

sys.dont_write_bytecode = True  # the bundle stays as it is
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import verify_log as log  # noqa: E402


def check_files(folder, manifest):
    named = set()
    for line in manifest.decode().splitlines():
        digest, name = line.split("  ", 1)
        path = folder / name
        log.need(not path.is_symlink() and path.resolve().is_relative_to(folder.resolve()), f"{name}: leaves the bundle")
        log.need(path.is_file(), f"{name}: missing")
        log.need(hashlib.sha256(path.read_bytes()).hexdigest() == digest, f"{name}: changed")
        named.add(name)
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}
    extra = present - named - {"manifest", "seal.tlog-proof"}
    log.need(not extra, f"not in the manifest: {', '.join(sorted(extra)[:5])}")
    return len(named)


def parse_proof(data):
    head, checkpoint = data.split(b"\n\n", 1)
    lines = head.decode().split("\n")
    log.need(lines[0] == "c2sp.org/tlog-proof@v1" and lines[1].startswith("extra "), "the seal is no proof with its record")
    log.need(lines[2].startswith("index "), "the seal has no index")
    return log.unbase64(lines[1][6:]), log.decimal(lines[2][6:]), [log.unbase64(line) for line in lines[3:]], checkpoint


def root_from(leaf, index, size, hashes):  # RFC 9162 section 2.1.3.2
    log.need(index < size, "the seal lies outside of its tree")
    at, last, root = index, size - 1, hashlib.sha256(b"\0" + leaf).digest()
    for one in hashes:
        log.need(last != 0, "the seal has too many hashes")
        if at & 1 or at == last:
            root = log.node(root, one)  # node(right, left)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = log.node(one, root)
        at, last = at >> 1, last >> 1
    log.need(last == 0, "the seal has too few hashes")
    return root


def check_seal(folder, manifest, log_key):
    leaf, index, hashes, checkpoint = parse_proof((folder / "seal.tlog-proof").read_bytes())
    note = log.parse_note(checkpoint)
    origin, (size, root) = log.parse_checkpoint(note[0])
    log.need(origin == log_key[0], "the seal is of another log")
    log.check_signed(note, log_key)
    log.need(root_from(leaf, index, size, hashes) == root, "the sealed record is not at its place in the log")
    event = json.loads(leaf)
    log.need(event["kind"] in ("incident", "review", "leaver"), "the sealed record is of another kind")
    log.need(event["detail"]["manifest"] == hashlib.sha256(manifest).hexdigest(), "the manifest is not the sealed one")
    return event, index


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--log-key", type=log.parse_vkey)
    parser.add_argument("--genesis-key", type=log.parse_vkey)
    given = parser.parse_args()
    folder = given.folder
    try:
        manifest = (folder / "manifest").read_bytes()
        files = check_files(folder, manifest)
        keys = json.loads((folder / "keys.json").read_text())
        log_key = given.log_key or log.parse_vkey(keys["log_key"])
        genesis = given.genesis_key or log.parse_vkey(keys["genesis_key"])
        event, index = check_seal(folder, manifest, log_key)
        if (folder / "log").is_dir():
            good, verdict = log.Folder(folder / "log", log_key, genesis, None).verify()
            log.need(good, f"log: {verdict}")
    except (OSError, ValueError, KeyError, IndexError) as problem:
        print(f"{folder}: NOT verified: {problem}")
        return 1
    whose = "the keys that were given" if given.log_key and given.genesis_key else "the bundle's own keys"
    print(f"{folder}: verified: {files} files, sealed by record {index} ({event['kind']} {event.get('id', '')}), {whose}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
