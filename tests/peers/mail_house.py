"""A mail house on loopback, for the product's tests: dovecot keeps the mailboxes (IMAP, IDLE) and takes mail from people
(submission with a password), opensmtpd passes it on to dovecot (LMTP), and a name server answers for the keys with which
senders sign. Needs root, because dovecot and opensmtpd change users."""
import email
import email.policy
import email.utils
import imaplib
import os
import pathlib
import shutil
import smtplib
import socket
import socketserver
import struct
import subprocess
import tempfile
import threading
import time

DOMAIN, PASSWORD = "firm.example", "planted-mail-password"
IMAP = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp submission
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
auth_mechanisms = plain
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service submission-login {{
  inet_listener submission {{
    port = {submission}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
submission_relay_host = 127.0.0.1
submission_relay_port = {mx}
submission_relay_trusted = no
hostname = mail.firm.example
"""
MX = """
listen on 127.0.0.1 port {mx} hostname mx.firm.example
action "to_lmtp" relay host lmtp://127.0.0.1:{lmtp}
match from any for domain "firm.example" action "to_lmtp"
match from any for domain "other.example" action "to_lmtp"
"""

# Debian's python3-dkim is for Debian's own Python.
SIGN = """
import sys, dkim
selector, domain, key, fields = sys.argv[1:]
names = [name.encode() for name in fields.split()] or None
sys.stdout.buffer.write(dkim.sign(sys.stdin.buffer.read(), selector.encode(), domain.encode(), open(key, "rb").read(),
                                  canonicalize=(b"relaxed", b"relaxed"), include_headers=names))
"""


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class DoesNotStart(Exception):
    """What the machine does not allow dovecot or opensmtpd."""


class NameServer(socketserver.ThreadingUDPServer):
    """Answers TXT questions (RFC 1035) from a table; a name that is not there does not exist; None: no answer."""
    daemon_threads = True

    def __init__(self):
        self.texts, self.asked = {}, []
        super().__init__(("127.0.0.1", 0), self.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            data, sock = self.request
            labels, at = [], 12
            while data[at]:
                labels.append(data[at + 1:at + 1 + data[at]].decode())
                at += 1 + data[at]
            name, question = ".".join(labels).lower(), data[12:at + 5]
            self.server.asked.append(name)
            texts = self.server.texts.get(name, ())
            if texts is None:
                return
            answers = b""
            for text in texts:
                pieces = [text[i:i + 255].encode() for i in range(0, len(text), 255)]
                held = b"".join(bytes([len(piece)]) + piece for piece in pieces)
                answers += b"\xc0\x0c" + struct.pack(">HHIH", 16, 1, 60, len(held)) + held
            flags = 0x8180 if texts else 0x8183
            sock.sendto(data[:2] + struct.pack(">HHHHH", flags, 1, len(texts), 0, 0) + question + answers, self.client_address)


class MailHouse:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mail-house-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        for name in ("run", "state", "mail"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "mail", "nobody", "nogroup")
        self.imap, self.lmtp, self.mx, self.submission = (free_port() for _ in range(4))
        ports = dict(folder=self.folder, password=PASSWORD, imap=self.imap, lmtp=self.lmtp, mx=self.mx, submission=self.submission)
        (self.folder / "imap.conf").write_text(IMAP.format(**ports))
        (self.folder / "mx.conf").write_text(MX.format(**ports))
        (self.folder / "mx.conf").chmod(0o600)
        self.names = NameServer()
        self.keys = {}
        self.processes = []
        try:
            self.start("mx", "smtpd", "-d", "-f", str(self.folder / "mx.conf"))
            self.start("dovecot", "dovecot", "-F", "-c", str(self.folder / "imap.conf"))
            for port in (self.imap, self.lmtp, self.mx, self.submission):
                self.wait_for(port)
        except BaseException:
            self.close()
            raise

    def start(self, name, *command):
        with open(self.folder / f"{name}.out", "ab") as log:
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))
        return self.processes[-1]

    def cut(self, user):
        """Ends the connections of a mailbox."""
        subprocess.run(["doveadm", "-c", str(self.folder / "imap.conf"), "kick", user], capture_output=True, check=False)

    def wait_for(self, port, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        logs = "".join(path.read_text(errors="replace") for path in self.folder.glob("*.*") if path.suffix in (".log", ".out"))
        raise DoesNotStart(f"nothing listens on {port}: {logs}")

    def key(self, domain, selector="s1"):
        if (domain, selector) not in self.keys:
            private = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], capture_output=True, check=True).stdout
            public = subprocess.run(["openssl", "rsa", "-pubout"], input=private, capture_output=True, check=True).stdout
            self.keys[(domain, selector)] = private
            text = "".join(public.decode().splitlines()[1:-1])
            self.names.texts[f"{selector}._domainkey.{domain}"] = ["v=DKIM1; k=rsa; p=" + text]
        return self.keys[(domain, selector)]

    def letter(self, sender, text, to=f"bot@{DOMAIN}", **fields):
        """A mail as a program of a person makes it; unsigned."""
        held = {"From": sender, "To": to, "Date": email.utils.formatdate(),
                "Message-ID": email.utils.make_msgid(domain=sender.split("@")[1].rstrip(">")), "MIME-Version": "1.0",
                "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit"}
        for name, value in fields.items():
            held[name.replace("_", "-")] = value
        head = "".join(f"{name}: {value}\r\n" for name, value in held.items() if value is not None)
        return (head + "\r\n" + text.replace("\n", "\r\n") + "\r\n").encode()

    def signed(self, letter, domain, selector="s1", fields=None):
        key = self.folder / f"{domain}-{selector}.pem"
        key.write_bytes(self.key(domain, selector))
        done = subprocess.run(["/usr/bin/python3", "-c", SIGN, selector, domain, str(key), fields or ""], input=letter,
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode())
        return done.stdout + letter

    def hand_in(self, letter, sender, to=f"bot@{DOMAIN}"):
        """At the border, where whoever asks is heard: what it says of itself proves nothing."""
        with smtplib.SMTP("127.0.0.1", self.mx, timeout=20) as server:
            server.sendmail(sender, [to], letter, mail_options=["BODY=8BITMIME"])

    def say(self, sender, text, **fields):
        letter = self.letter(sender, text, **fields)
        self.hand_in(self.signed(letter, sender.split("@")[1]), sender)
        return letter

    def mailbox(self, user):
        box = imaplib.IMAP4("127.0.0.1", self.imap)
        box.login(user, PASSWORD)
        box.select("INBOX")
        return box

    def mails(self, user):
        """The mails of a mailbox, in the order in which they came."""
        box = self.mailbox(user)
        try:
            found = box.search(None, "ALL")[1][0].split()
            mails = [box.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in found]
        finally:
            box.logout()
        return [email.message_from_bytes(mail, policy=email.policy.default) for mail in mails]

    def seen(self, user):
        box = self.mailbox(user)
        try:
            return len(box.search(None, "SEEN")[1][0].split())
        finally:
            box.logout()

    def close(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
        self.names.shutdown()
        self.names.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)
