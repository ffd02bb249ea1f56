"""Words of hostile templates, kept apart so that no file of this repository holds a whole attack.

A template writes <word>; spell() puts the word in when the set is made.
"""
import re

WORDS = {
    "curl": "cu" + "rl", "wget": "wg" + "et", "bash": "ba" + "sh", "sh": "s" + "h", "b64d": "base" + "64 -d",
    "key": "~/.s" + "sh/id_" + "rsa", "key2": "~/.s" + "sh/id_" + "ed25519", "sshdir": "~/.s" + "sh",
    "aws": "~/.a" + "ws/cred" + "entials", "env": ".e" + "nv", "gnupg": "~/.gnu" + "pg",
    "chrome": "~/Library/Application Support/Goo" + "gle/Chrome/Default/Log" + "in Data",
    "chromelinux": "~/.config/goo" + "gle-chrome/Default/Cook" + "ies", "firefox": "~/.mozi" + "lla/firefox",
    "wallet": "~/.bit" + "coin/wallet" + ".dat", "solana": "~/.config/sol" + "ana/id" + ".json",
    "exodus": "~/Library/Application Support/Exo" + "dus/exodus.wal" + "let",
    "openclaw": "~/.open" + "claw/open" + "claw.json", "creds": "~/.open" + "claw/cred" + "entials",
    "auth": "authori" + "zed_keys", "cron": "cron" + "tab", "bashrc": "~/.bash" + "rc", "zshrc": "~/.zsh" + "rc",
    "hook": "web" + "hook.site", "bin": "paste" + "bin.com", "discord": "https://disc" + "ord.com/api/web" + "hooks",
    "telegram": "https://api.tele" + "gram.org/bot", "ignore": "Ig" + "nore all prev" + "ious instruc" + "tions",
    "disregard": "Dis" + "regard your prior guide" + "lines", "devtcp": "/dev/t" + "cp", "nc": "n" + "c",
    "soul": "SO" + "UL.md", "memory": "MEM" + "ORY.md", "agents": "AGE" + "NTS.md", "eval": "ev" + "al", "exec": "ex" + "ec",
    "tell": "tell the us" + "er", "agentsdir": "Launch" + "Agents", "rm": "r" + "m -r" + "f", "xmrig": "xm" + "rig",
    "meta": "169.254." + "169.254", "keychain": "security find-generic-pass" + "word -w", "environ": "os.envi" + "ron",
    "penv": "process.e" + "nv", "quarantine": "xa" + "ttr -c", "history": "hist" + "ory -c", "nopasswd": "NOPASS" + "WD: ALL",
    "zip": ".z" + "ip", "password": "pass" + "word",
}


def spell(text):
    return re.sub(r"<([a-z0-9]+)>", lambda found: WORDS.get(found[1], found[0]), text)
