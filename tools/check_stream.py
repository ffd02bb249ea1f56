#!/usr/bin/env python3
"""Checks, where shipped events have arrived, that none is missing, none is out of order, and that every
repetition is marked.

Reads JSON lines from files or standard input: events in OCSF or plain form as Hardshell ships them, or
rsyslog's jsonmesg around them. Prints one line for each stream and each fault; exits 1 on any fault.
Each event carries the log's name, its own sequence and that of the one before it in the same stream
(docs/siem.md).
"""
import json
import sys

MARK = "\ufeff"


def place(value):
    """The {log, seq, prev, again} of one received object, or None."""
    if isinstance(value, list):
        return None
    if isinstance(value.get("msg"), str) and "stream" not in value:
        text = value["msg"].lstrip(" ")
        return place(json.loads(text[1:] if text.startswith(MARK) else text))
    if "stream" in value:
        return value["stream"]
    return value.get("unmapped", {}).get("hardshell")


class Stream:
    def __init__(self):
        self.seen, self.last, self.again, self.faults = set(), None, 0, []

    def take(self, at):
        sequence, before = at["seq"], at.get("prev")
        if sequence in self.seen:
            self.again += 1
            if not at.get("again"):
                self.faults.append(f"{sequence} arrived again and is not marked")
            return
        if self.last is not None and sequence < self.last:
            self.faults.append(f"{sequence} arrived after {self.last}")
        elif before is not None and before not in self.seen and self.seen:
            self.faults.append(f"gap: {before} is missing before {sequence}")
        elif before != self.last and self.last is not None and before is not None:
            self.faults.append(f"{sequence} says that {before} came before it; it was {self.last}")
        self.seen.add(sequence)
        self.last = sequence if self.last is None else max(self.last, sequence)


def main():
    streams, unread = {}, 0
    lines = (line for name in sys.argv[1:] for line in open(name, encoding="utf-8")) if sys.argv[1:] else sys.stdin
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            unread += 1  # half a line before a crash; its event comes again
            continue
        for one in value if isinstance(value, list) else [value]:
            at = place(one)
            if at is None:
                unread += 1
                continue
            streams.setdefault(at["log"], Stream()).take(at)
    faults = 0
    for log, stream in streams.items():
        for fault in stream.faults:
            print(f"{log}: {fault}")
        faults += len(stream.faults)
        print(f"{log}: {len(stream.seen)} events, up to {stream.last}, {stream.again} arrived again, "
              f"{len(stream.faults)} faults")
    if unread:
        print(f"{unread} lines are no events of Hardshell")
    return 1 if faults or not streams else 0


if __name__ == "__main__":
    sys.exit(main())
