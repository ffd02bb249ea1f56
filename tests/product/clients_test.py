"""OpenAI's own client talks to the API unchanged; the door refuses whom it must."""
import json
import os
import subprocess
import sys
import unittest

import harness

if not (harness.PEERS / "node_modules" / "openai").is_dir():
    print("skipped: the npm clients are not installed (npm ci in tests/peers)")
    sys.exit(77)

SCRIPT = """
import OpenAI from 'openai';
const client = new OpenAI({ baseURL: process.env.BASE, apiKey: process.env.TOKEN, maxRetries: 0 });
const whole = await client.chat.completions.create({ model: 'hardshell', messages: [{ role: 'user', content: 'hello' }] });
if (!whole.choices[0].message.content.includes('fake')) throw new Error(JSON.stringify(whole));
let text = '', usage = null;
const stream = await client.chat.completions.create({ model: 'hardshell', stream: true,
  stream_options: { include_usage: true }, messages: [{ role: 'system', content: 'be brief' }, { role: 'user', content: 'hello' }] });
for await (const chunk of stream) { text += chunk.choices[0]?.delta?.content ?? ''; usage = chunk.usage ?? usage; }
if (!text.includes('fake') || !usage?.total_tokens) throw new Error(text + JSON.stringify(usage));
const models = await client.models.list();
if (!models.data.some((model) => model.id === 'hardshell')) throw new Error('no model');
console.log('ok');
"""


class OpenAiClient(unittest.TestCase):
    def setUp(self):
        self.models = harness.FakeModels()
        self.addCleanup(self.models.close)
        self.hardshell = harness.Installation(harness.with_model(self.models))
        self.addCleanup(self.hardshell.close)
        self.hardshell.send("x", check=False)
        self.hardshell.cli("secret", "set", "fake-key", stdin=self.models.key + "\n")

    def test_the_official_client_works_unchanged(self):
        done = subprocess.run(["node", "--input-type=module", "-e", SCRIPT], cwd=harness.PEERS, text=True,
                              capture_output=True, timeout=60, check=False,
                              env={**os.environ, "BASE": f"http://127.0.0.1:{self.hardshell.port()}/v1",
                                   "TOKEN": self.hardshell.token()})
        self.assertEqual(done.stdout.strip(), "ok", done.stderr)

    def test_rebinding_and_cross_site_requests_are_refused(self):
        token = self.hardshell.token()
        for fields in ({"Host": "evil.example"}, {"Origin": "https://evil.example"},
                       {"Sec-Fetch-Site": "cross-site"}):
            status, _ = self.hardshell.http("GET", "/v1/models", token=token, headers=fields)
            self.assertIn(status, (400, 403), fields)

    def test_a_client_and_a_person_choose_who_answers(self):
        token = self.hardshell.token()
        names = [item["id"] for item in json.loads(self.hardshell.http("GET", "/v1/models", token=token)[1])["data"]]
        self.assertIn("offline", names)
        ask = {"messages": [{"role": "user", "content": "help"}]}
        status, text = self.hardshell.http("POST", "/v1/chat/completions", {**ask, "model": "offline"}, token)
        self.assertEqual(status, 200)
        self.assertIn("offline", text)
        status, text = self.hardshell.http("POST", "/v1/chat/completions", {**ask, "model": "no-such"}, token)
        self.assertEqual(status, 404)
        self.assertIn("offline", text)
        said = self.hardshell.cli("chat", stdin="/model\n/model offline\nhelp\n/model nobody\n")
        self.assertIn("offline answers from now on", said.stdout)
        self.assertIn("there is no model nobody", said.stdout + said.stderr)

    def test_the_default_token_only_talks(self):
        token = self.hardshell.token()
        for method, path in (("GET", "/v1/sessions"), ("GET", "/v1/config"), ("GET", "/metrics"),
                             ("POST", "/v1/config"), ("POST", "/v1/stop"), ("POST", "/v1/undo"),
                             ("GET", "/v1/approvals")):
            status, _ = self.hardshell.http(method, path, {} if method == "POST" else None, token)
            self.assertEqual(status, 403, path)

    def test_a_clients_words_are_not_the_persons(self):
        self.hardshell.http("POST", "/v1/chat/completions",
                            {"messages": [{"role": "user", "content": "hi"}]}, self.hardshell.token())
        first = [e for e in self.hardshell.events() if e["kind"] == "message.in"][-1]
        self.assertEqual(first["detail"]["integrity"], "untrusted")

    def test_a_pending_approval_answers_with_its_id(self):
        self.models.script(harness.call("files_write", path="x.txt", content="x"), {"reply": "end"})
        turn = self.hardshell.cli("send", "--json", "write it", check=False)
        answer = json.loads(turn.stdout)
        self.assertEqual(turn.returncode, 4)
        self.assertTrue(answer["approval"])

    def test_metrics_and_health(self):
        token = self.hardshell.cli("token", "add", "reader", "--scopes", "read").stdout.strip()
        self.assertEqual(self.hardshell.http("GET", "/healthz")[0], 200)
        self.assertEqual(self.hardshell.http("GET", "/readyz")[0], 200)
        status, text = self.hardshell.http("GET", "/metrics", token=token)
        self.assertEqual(status, 200)
        self.assertIn("hardshell_turns_total", text)


if __name__ == "__main__":
    unittest.main()
