"""A session bus with a real gnome-keyring on it, in folders of its own."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

PASSWORD = "unlock-pass"
# A bus that starts no service by itself: another keyring, a locked one, would come before ours.
BUS = """<busconfig><type>session</type><listen>unix:dir={folder}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""


class SessionKeyring:
    def __init__(self, unlocked=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hardshell-keyring-", dir="/var/tmp"))
        for name in ("home", "data", "run"):
            (self.folder / name).mkdir(mode=0o700)
        self.environment = {
            "HOME": str(self.folder / "home"), "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
        config = self.folder / "bus.conf"
        config.write_text(BUS.format(folder=self.folder / "run"))
        self.bus = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                    env=self.environment)
        self.address = self.bus.stdout.readline().strip()
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = self.address
        self.daemon = None
        # The first unlocking makes the keyring "login" with this password.
        self.start()
        if not unlocked:
            self.lock()

    def start(self):
        self.daemon = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True, env=self.environment)
        self.daemon.stdin.write(PASSWORD)
        self.daemon.stdin.close()
        self._wait(lambda: "login" in self._call(
            "org.freedesktop.DBus.Properties.Get", "org.freedesktop.Secret.Service", "Collections"))

    def _wait(self, ready):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(subprocess.CalledProcessError):
                if ready():
                    return
            time.sleep(0.05)
        raise AssertionError("the keyring did not come")

    def _call(self, method, *arguments, path="/org/freedesktop/secrets"):
        return subprocess.run(["gdbus", "call", "--session", "-d", "org.freedesktop.secrets", "-o", path,
                               "-m", method, *arguments], env=self.environment, text=True, check=True,
                              capture_output=True).stdout

    def lock(self):
        self._call("org.freedesktop.Secret.Service.Lock", "['/org/freedesktop/secrets/collection/login']")

    def unlock(self):
        """As a login does: a daemon that begins with the password."""
        self.stop_service()
        self.start()

    def stop_service(self):
        self.daemon.kill()
        self.daemon.wait()

    def items(self):
        """The attribute "key" of every item that Hardshell keeps here."""
        found = subprocess.run(["secret-tool", "search", "--all", "application", "hardshell"], text=True,
                               capture_output=True, env=self.environment)
        return [line.split(" = ")[1] for line in (found.stdout + found.stderr).splitlines()
                if line.startswith("attribute.key")]

    def value(self, key):
        return subprocess.run(["secret-tool", "lookup", "application", "hardshell", "key", key], text=True, check=True,
                              capture_output=True, env=self.environment).stdout

    def clear(self):
        subprocess.run(["secret-tool", "clear", "application", "hardshell"], check=True, env=self.environment)

    def close(self):
        for process in (self.daemon, self.bus):
            process.kill()
            process.wait()
        self.bus.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def missing():
    """Why these tests cannot run here, or nothing."""
    for program in ("dbus-daemon", "gnome-keyring-daemon", "secret-tool", "gdbus"):
        if shutil.which(program) is None:
            return f"{program} is not installed: tools/packages.sh test"
    return ""
