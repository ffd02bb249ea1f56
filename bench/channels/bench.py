"""100 conversations at once over Slack's protocol: tests/peers/fake_slack.mjs on loopback, the offline
provider (a model without latency), every message durable and recorded. Prints medians, rate and memory.

The floor of the same run is one conversation alone; ratios to it are printed beside the figures."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "product"))
import channels_test  # noqa: E402  the same fake and set-up as the tests
import harness  # noqa: E402


def memory_kib(pids):
    total = 0
    for pid in pids:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1))
    return total


class Bench(channels_test.OnSlack):
    settings = "messages_per_minute = 1000000\n"

    def runTest(self):
        self.pair("U1")
        family = self.hardshell.processes().values()
        self.slack.measured(conversations=1, rounds=20)  # everything is loaded
        idle = memory_kib(family)
        one = self.slack.measured(conversations=1, rounds=200)
        many = self.slack.measured(conversations=100, rounds=int(sys.argv[1]) if len(sys.argv) > 1 else 30)
        busy = memory_kib(family)
        print(f"one conversation     median {one['median_ms']:.2f} ms, p95 {one['p95_ms']:.2f} ms, "
              f"{one['per_second']:.0f} messages/s")
        print(f"100 conversations    median {many['median_ms']:.2f} ms, p95 {many['p95_ms']:.2f} ms, "
              f"{many['per_second']:.0f} messages/s ({many['per_second'] / one['per_second']:.1f} of one alone)")
        print(f"memory               {idle / 1024:.1f} MiB before, {busy / 1024:.1f} MiB after "
              f"(+{(busy - idle) / 1024:.1f})")


if __name__ == "__main__":
    bench = Bench()
    bench.setUp()
    try:
        bench.runTest()
    finally:
        bench.hardshell.replays = False  # thousands of decisions; the tests replay theirs
        bench.doCleanups()
