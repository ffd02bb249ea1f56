"""Servers that stand for the outside in network_test.py: HTTPS with certificates of a test
authority, git's smart protocol, a package index; each remembers what it was asked."""
import base64
import http.server
import io
import os
import pathlib
import socketserver
import ssl
import subprocess
import tarfile
import threading

GIT_BACKEND = "/usr/lib/git-core/git-http-backend"


def openssl(*arguments, cwd):
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True, capture_output=True)


class Certificates:
    """An authority and one certificate for all names, as files."""

    def __init__(self, folder, names):
        self.folder = pathlib.Path(folder)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=Test outside", "-keyout", "ca.key", "-out", "ca.pem", cwd=folder)
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server",
                "-keyout", "server.key", "-out", "server.csr", cwd=folder)
        (self.folder / "ext").write_text("subjectAltName=" + ",".join("DNS:" + name for name in names))
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", "2", "-extfile", "ext", "-out", "server.pem", cwd=folder)
        self.authority = self.folder / "ca.pem"

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        return context


class Outside(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address, context, repositories):
        super().__init__(address, Handler)
        self.seen = []
        self.bodies = []
        self.repositories = repositories
        self.secure = context is not None
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass

    def asked(self, text):
        return [one for one in self.seen if text in one["line"]]


def wheel_free_package():
    """A source archive that pip and npm can unpack."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in (("package/package.json", '{"name":"tiny","version":"1.0.0","main":"index.js"}'),
                           ("package/index.js", "module.exports = 'tiny works';\n")):
            data = text.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                parts.append(self.rfile.read(size))
                self.rfile.readline()
                if size == 0:
                    return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status, kind, data):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def handle_any(self):
        body = self.body()
        self.server.seen.append({"line": f"{self.command} {self.path}", "headers": dict(self.headers.items()),
                                 "body": body})
        path, _, query = self.path.partition("?")
        if ".git/" in path:
            return self.git(path, query, body)
        if path == "/hello":
            return self.answer(200, "text/plain", b"hello from outside\n")
        if path == "/echo":
            seen = self.headers.get("Authorization", "none")
            return self.answer(200, "text/plain", f"you sent {seen}\n".encode())
        if path == "/tiny":
            tarball = f"https://{self.headers['Host']}/tiny.tgz"
            text = ('{"name":"tiny","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":"tiny",'
                    f'"version":"1.0.0","dist":{{"tarball":"{tarball}"}}}}}}}}')
            return self.answer(200, "application/json", text.encode())
        if path == "/tiny.tgz":
            return self.answer(200, "application/octet-stream", wheel_free_package())
        if self.command == "POST":
            return self.answer(200, "text/plain", b"posted %d bytes\n" % len(body))
        return self.answer(404, "text/plain", b"nothing here\n")

    def git(self, path, query, body):
        environment = {"GIT_PROJECT_ROOT": str(self.server.repositories), "GIT_HTTP_EXPORT_ALL": "1",
                       "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
                       "CONTENT_TYPE": self.headers.get("Content-Type", ""), "REMOTE_USER": "somebody",
                       "REMOTE_ADDR": "127.0.0.1", "PATH": os.environ["PATH"],
                       "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                       "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "CONTENT_LENGTH": str(len(body))}
        done = subprocess.run([GIT_BACKEND], input=body, capture_output=True, env=environment, check=False)
        head, _, data = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        status = int(fields.pop("Status", "200").split()[0])
        self.answer(status, fields.get("Content-Type", "text/plain"), data)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_PATCH = handle_any


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()
