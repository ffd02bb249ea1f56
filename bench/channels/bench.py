"""100 conversations at once over Slack's protocol: tests/peers/fake_slack.mjs on loopback, the offline
provider (a model without latency), every message durable and recorded. Prints medians, rate and memory.

The floor of the same run is bare_bot.mjs: the official clients, the same fake, no product in between. Ratios to it
are printed beside the figures; the issue's bars stand behind them."""
import pathlib
import re
import subprocess
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


def floor(conversations, rounds):
    slack = channels_test.Slack()
    bot = subprocess.Popen(["node", str(ROOT / "bench" / "channels" / "bare_bot.mjs"), str(slack.port)],
                           stdout=subprocess.PIPE, text=True)
    try:
        assert bot.stdout.readline().strip() == "ready"
        slack.until(lambda: slack.state()["sockets"] > 0, what="a connection")
        slack.measured(conversations=1, rounds=20)
        return (slack.measured(conversations=1, rounds=200),
                slack.measured(conversations=conversations, rounds=rounds))
    finally:
        bot.kill()
        bot.wait()
        bot.stdout.close()
        slack.close()


class Bench(channels_test.OnSlack):
    settings = "messages_per_minute = 1000000\n"

    def runTest(self):
        rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
        bare = floor(100, rounds)
        self.pair("U1")
        family = self.hardshell.processes().values()
        self.slack.measured(conversations=1, rounds=20)  # everything is loaded
        idle = memory_kib(family)
        seen = (self.slack.measured(conversations=1, rounds=200),
                self.slack.measured(conversations=100, rounds=rounds))
        busy = memory_kib(family)
        for words, ours, theirs in (("one conversation", seen[0], bare[0]), ("100 conversations", seen[1], bare[1])):
            print(f"{words:<18} median {ours['median_ms']:.2f} ms ({ours['median_ms'] / theirs['median_ms']:.1f} of a bare "
                  f"bot's {theirs['median_ms']:.2f}), p95 {ours['p95_ms']:.2f} ms, {ours['per_second']:.0f} messages/s "
                  f"({ours['per_second'] / theirs['per_second']:.2f} of {theirs['per_second']:.0f})")
        print(f"{'memory':<18} {idle / 1024:.1f} MiB before, {busy / 1024:.1f} MiB after (+{(busy - idle) / 1024:.1f})")
        print("bars: 100 conversations: median at most 10 ms, at least 500 messages/s, memory within 20 MiB")


if __name__ == "__main__":
    bench = Bench()
    bench.setUp()
    try:
        bench.runTest()
    finally:
        bench.hardshell.replays = False  # thousands of decisions; the tests replay theirs
        bench.doCleanups()
