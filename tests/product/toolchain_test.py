"""Compilers, interpreters and package tools start work inside the profile "build"."""
import os
import pathlib
import shutil
import unittest

import harness

SYSTEM = "/usr/local/bin:/usr/bin:/bin"


class Toolchains(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hardshell = harness.Installation()
        cls.project = cls.hardshell.project

    @classmethod
    def tearDownClass(cls):
        cls.hardshell.close()

    def need(self, *programs):
        for program in programs:
            if shutil.which(program, path=SYSTEM) is None:
                self.skipTest(f"{program} is not installed")

    def works(self, script, wanted):
        done = self.hardshell.cli("sandbox", "run", "--", "sh", "-ec", script, check=False, timeout=180)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(wanted, done.stdout, done.stderr)

    def test_gcc(self):
        self.need("gcc")
        (self.project / "a.c").write_text('#include <stdio.h>\nint main() { puts("compiled"); }\n')
        self.works("gcc -O2 a.c -o a && ./a", "compiled")

    def test_cmake(self):
        self.need("cmake", "make", "gcc")
        (self.project / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.13)\nproject(x C)\n"
                                                     "add_executable(b b.c)\n")
        (self.project / "b.c").write_text('#include <stdio.h>\nint main() { puts("built"); }\n')
        self.works("cmake -S . -B out >/dev/null && cmake --build out -j2 >/dev/null && out/b", "built")

    def test_node(self):
        self.need("node")
        (self.project / "worker.js").write_text(
            "const { Worker, isMainThread, parentPort } = require('worker_threads');\n"
            "if (isMainThread) new Worker(__filename).on('message', console.log); else parentPort.postMessage('node');\n")
        self.works("node worker.js", "node")

    def test_npm(self):
        self.need("npm")
        (self.project / "package.json").write_text('{"name":"x","version":"1.0.0","scripts":{"hi":"echo from npm"}}')
        self.works("npm run -s hi", "from npm")

    def test_python_and_pip(self):
        if not pathlib.Path("/usr/bin/python3").exists():
            self.skipTest("python3 is not installed")
        self.works("/usr/bin/python3 -c 'import ssl, sqlite3, multiprocessing as m; "
                   "print(m.Pool(2).map(abs, [-1, -2]))'", "[1, 2]")
        if not list(pathlib.Path("/usr/lib/python3").glob("dist-packages/pip")):
            self.skipTest("pip is not installed")
        self.works("/usr/bin/python3 -m pip --version", "pip")

    def test_go(self):
        self.need("go")
        (self.project / "main.go").write_text('package main\nimport "fmt"\nfunc main() { fmt.Println("from go") }\n')
        self.works("go run main.go", "from go")

    def test_java(self):
        self.need("java", "javac")
        (self.project / "Hi.java").write_text('public class Hi { public static void main(String[] a) '
                                              '{ System.out.println("from java"); } }')
        self.works("javac Hi.java && java Hi", "from java")

    def test_a_browser_starts_and_shows_a_page(self):
        self.need("chromium")
        (self.project / "page.html").write_text("<title>x</title><script>document.title = 'shown by ' + 'a browser';"
                                                "document.body.textContent = document.title</script>")
        # A user namespace of its own is what a sandbox refuses: our walls stand for the browser's.
        self.works("chromium --headless --no-sandbox --disable-gpu --user-data-dir=/tmp/profile "
                   "--dump-dom page.html 2>/dev/null", "shown by a browser")

    def test_git(self):
        self.need("git")
        self.works("mkdir -p r && cd r && git init -q && echo x > f && git add f && "
                   "git -c user.name=a -c user.email=a@example.com commit -qm first && git log --format=%s", "first")

    def test_a_terminal_is_the_sandboxs_own(self):
        # Without one there is none to type into.
        self.works("tty || true; ls /dev", "not a tty")

    def test_a_persons_toolchains_are_shown_without_credentials(self):
        home = self.hardshell.home
        for path, text in ((".cargo/bin/cargo", "#!/bin/sh\necho fake cargo\n"),
                           (".cargo/credentials.toml", "planted"), (".cargo/config.toml", "planted"),
                           (".nvm/versions/node/v20.1.0/bin/special", "#!/bin/sh\necho fake node\n"),
                           (".nvm/versions/node/v18.0.0/bin/special", "#!/bin/sh\necho old node\n"),
                           (".nvm/.npmrc", "planted"), (".nvm/alias/default", "v20.1.0\n"),
                           (".pyenv/shims/snake", "#!/bin/sh\necho fake python\n"),
                           (".pyenv/versions/3/x", ""), (".npmrc", "planted"), (".pypirc", "planted")):
            file = home / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o755)
        self.works("cargo && special && snake", "fake cargo\nfake node\nfake python")
        for path in (".cargo/credentials.toml", ".cargo/config.toml", ".nvm/.npmrc", ".npmrc", ".pypirc"):
            done = self.hardshell.cli("sandbox", "run", "--", "sh", "-c", f"ls -la {home}/{os.path.dirname(path)}; "
                                      f"wc -c < {home}/{path}", check=False)
            self.assertNotEqual(done.returncode, 0, path)
        self.works(f"touch {home}/.cargo/bin/new || echo read only", "read only")
        # A profile that does not show them has none of them.
        done = self.hardshell.cli("sandbox", "run", "--profile", "work", "--", "sh", "-c", "cargo", check=False)
        self.assertEqual(done.returncode, 127)


class Running(unittest.TestCase):
    """hardshell sandbox run itself."""

    def setUp(self):
        self.hardshell = harness.Installation()
        self.addCleanup(self.hardshell.close)

    def run_in(self, *words, **options):
        return self.hardshell.cli("sandbox", "run", *words, check=False, **options)

    def test_exit_codes_and_streams_are_passed_on(self):
        self.assertEqual(self.run_in("--", "sh", "-c", "exit 7").returncode, 7)
        self.assertEqual(self.run_in("--", "sh", "-c", "kill -TERM $$").returncode, 143)
        done = self.run_in("--", "sh", "-c", "cat; echo to error >&2", stdin="x" * 300_000)
        self.assertEqual((len(done.stdout), done.stderr), (300_000, "to error\n"))

    def test_it_is_decided_and_recorded(self):
        self.run_in("--", "true")
        kinds = [(event["kind"], event.get("outcome")) for event in self.hardshell.events()]
        self.assertIn(("decision", "allow"), kinds)
        self.assertIn(("effect.ended", "exited"), kinds)
        self.assertTrue(self.hardshell.json("audit", "verify")["verified"])

    def test_policy_forbids_it_to_people_too(self):
        done = self.run_in("--", "sudo", "true")
        self.assertEqual(done.returncode, 126 if shutil.which("sudo") else 1, done.stderr)
        (self.hardshell.project / ".env").write_text("KEY=planted")
        done = self.run_in("--", "cat", ".env")
        self.assertEqual(done.returncode, 126)
        self.assertNotIn("planted", done.stdout)

    def test_a_profile_is_never_wider_than_policy_says(self):
        folder = self.hardshell.config_file.parent / "policy"
        (folder / "a.cedar").write_text('@id("only-read")\n@sandbox("read")\npermit (principal is Hardshell::User, '
                                        'action == Hardshell::Action::"run", resource);\n')
        self.assertEqual(self.run_in("--", "touch", "x").returncode, 1)  # two rules: the stricter profile holds
        done = self.run_in("--profile", "build", "--", "touch", "x")
        self.assertEqual(done.returncode, 126)
        self.assertIn("wider", done.stderr)
        self.assertFalse((self.hardshell.project / "x").exists())

    def test_ending_it_kills_all_that_it_started(self):
        held = self.hardshell.background("sandbox", "run", "--", "sh", "-c",
                                         "(sleep 2; touch later) & echo started; wait")
        self.assertEqual(held.stdout.readline(), "started\n")
        held.send_signal(2)
        held.communicate(timeout=20)
        self.assertEqual(held.returncode, 130)
        import time
        time.sleep(2.5)
        self.assertFalse((self.hardshell.project / "later").exists())

    def test_a_terminal_is_relayed(self):
        import pty
        import select
        child, master = pty.fork()
        if child == 0:
            os.chdir(self.hardshell.project)
            os.execve(self.hardshell.programs / "hardshell",
                      ["hardshell", "sandbox", "run", "--", "sh", "-c", "tty; read line; echo got $line; stty size"],
                      self.hardshell.environment)
        import fcntl
        import struct
        import termios
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
        text, sent = b"", False
        while select.select([master], [], [], 30)[0]:
            try:
                piece = os.read(master, 4096)
            except OSError:
                break
            if not piece:
                break
            text += piece
            if b"/dev/pts/" in text and not sent:
                os.write(master, b"some words\n")
                sent = True
        status = os.waitpid(child, 0)[1]
        self.assertIn(b"/dev/pts/0", text)
        self.assertIn(b"got some words", text)
        self.assertIn(b"33 77", text)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)


if __name__ == "__main__":
    unittest.main()
