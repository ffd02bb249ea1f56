"""One Hardshell installation in a folder of its own, for whole-product tests: real processes, real
sandbox, a fake model server on loopback that official clients accept (tests/peers)."""
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

PROGRAMS = pathlib.Path(os.environ.get("HARDSHELL_PROGRAMS", "build/dev/bin")).resolve()
SOURCE = pathlib.Path(__file__).resolve().parents[2]
PEERS = SOURCE / "tests" / "peers"


class FakeModels:
    """tests/peers/fake_models.mjs: Anthropic Messages and OpenAI Chat Completions, scripted."""

    def __init__(self, key="sk-planted-0123456789"):
        self.key = key
        self.process = subprocess.Popen(
            ["node", str(PEERS / "fake_models.mjs"), "--port", "0", "--key", key],
            stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[-1])

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, json.dumps(body) if body is not None else None)
        with contextlib.closing(connection):
            return json.loads(connection.getresponse().read())

    def script(self, *steps):
        self.request("POST", "/script", {"steps": list(steps)})

    def stats(self):
        return self.request("GET", "/stats")

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def call(tool, **arguments):
    """A step in which the model calls one tool."""
    return {"reply": [{"tool": tool, "arguments": arguments}]}


class Installation:
    def __init__(self, config="", programs=PROGRAMS):
        self.programs = programs
        self.running = []  # in the background; one that loses its daemon would start another
        self.replays = True  # false for a test that breaks the log or the kept policy sets
        # A person's folders are never below /tmp in the sandbox, which has its own.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="hardshell-test-", dir="/var/tmp"))
        self.project = self.home / "project"
        self.project.mkdir()
        (self.project / "README.md").write_text("# A project\nIts second line.\n")
        self.state = self.home / ".local/state/hardshell"
        self.config_file = self.home / ".config/hardshell/config.toml"
        self.environment = {"HOME": str(self.home), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
        for name in ("ASAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.cli("init", "--quiet")
        with self.config_file.open("a") as stream:
            stream.write("\n[api]\nport = 0\n" + config)

    def cli(self, *arguments, check=True, stdin="", timeout=60, cwd=None):
        done = subprocess.run([str(self.programs / "hardshell"), *arguments], input=stdin, text=True,
                              capture_output=True, env=self.environment, timeout=timeout,
                              cwd=cwd or self.project)
        if check and done.returncode != 0:
            raise AssertionError(f"hardshell {arguments} ended with {done.returncode}:\n{done.stdout}\n"
                                 f"{done.stderr}\n--- daemon.log\n{self.log()}")
        return done

    def background(self, *arguments):
        self.running.append(subprocess.Popen([str(self.programs / "hardshell"), *arguments], text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=self.environment, cwd=self.project))
        return self.running[-1]

    def json(self, *arguments, **options):
        return json.loads(self.cli(*arguments, "--json", **options).stdout)

    def send(self, text, *more, **options):
        return self.cli("send", "--start", text, *more, **options)

    def log(self):
        path = self.state / "daemon.log"
        return path.read_text() if path.exists() else ""

    def port(self):
        return int((self.state / "run/port").read_text())

    def token(self):
        return self.cli("token", "show").stdout.strip()

    def http(self, method, path, body=None, token=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port(), timeout=60)
        fields = dict(headers or {})
        if token:
            fields["Authorization"] = f"Bearer {token}"
        connection.request(method, path, json.dumps(body) if body is not None else None, fields)
        with contextlib.closing(connection):
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def processes(self):
        return {item["name"]: item["pid"] for item in self.json("status")["processes"]}

    def approvals(self):
        return self.json("approvals", "list")["approvals"]

    def wait_for_approval(self, seconds=10):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.approvals()
            if found:
                return found[0]
            time.sleep(0.05)
        raise AssertionError("no approval came")

    def events(self, count=200):
        return self.json("audit", "tail", "-n", str(count))["events"]

    def check_replay(self):
        """Every decision that this installation recorded comes out the same when it is made again."""
        if not self.replays or not (self.state / "audit/checkpoint").exists():
            return
        done = self.cli("policy", "replay", "--json", check=False, timeout=120)
        try:
            report = json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"policy replay said: {done.stdout} {done.stderr}") from None
        if "different" not in report:
            raise AssertionError(f"policy replay said: {report}")
        # Without a keeper, requests too large for their record cannot be opened.
        lost = [row for row in report["list"] if "keeper" not in row["difference"]]
        if report["different"] or lost:
            raise AssertionError(f"decisions that come out otherwise: {lost}")

    def stop(self):
        with contextlib.suppress(Exception):
            self.cli("stop", check=False, timeout=20)

    def replay(self):
        """Every recorded decision, decided again from its record, comes out as it was recorded."""
        if not (self.state / "run/keeper.sock").exists():
            return
        done = self.cli("policy", "replay", "--details", check=False)
        if "is not running" not in done.stderr and not done.stdout.startswith("clean"):
            raise AssertionError(f"policy replay is not clean:\n{done.stdout}\n{done.stderr}")

    def close(self):
        try:
            self.check_replay()
        finally:
            self.tear_down()

    def tear_down(self):
        for one in self.running:
            if one.poll() is None:
                one.kill()
        self.stop()
        pid = self.state / "lock"
        if pid.exists():
            with contextlib.suppress(Exception):
                os.kill(int(pid.read_text()), signal.SIGKILL)
        self.end_left()
        shutil.rmtree(self.home, ignore_errors=True)

    def end_left(self):
        """A daemon that somebody started in the moment of the stop has no lock yet."""
        mark = f"HOME={self.home}".encode()
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                ours = (process / "comm").read_text().startswith("hardshell")
                if ours and mark in (process / "environ").read_bytes().split(b"\0"):
                    os.kill(int(process.name), signal.SIGKILL)


def with_model(models, extra=""):
    return (f'\n[provider.fake]\nkind = "anthropic"\nurl = "http://127.0.0.1:{models.port}"\n'
            f'model = "fake-1"\ncredential = "fake-key"\n{extra}')
