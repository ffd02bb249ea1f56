// Slack's own clients work against fake_slack.mjs: connection, events, commands, buttons, messages.
import assert from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { SocketModeClient, LogLevel } from "@slack/socket-mode";
import { WebClient } from "@slack/web-api";

const process_ = spawn("node", [new URL("fake_slack.mjs", import.meta.url).pathname, "--retry-ms", "500"]);
const [first] = await once(process_.stdout, "data");
const port = Number(String(first).trim().split(" ").pop());
const control = async (name, body = {}) =>
  (await fetch(`http://127.0.0.1:${port}/control/${name}`, { method: "POST", body: JSON.stringify(body) })).json();
const until = async (test) => {
  for (let i = 0; i < 200 && !(await test()); ++i) await new Promise((done) => setTimeout(done, 25));
  assert(await test());
};

const slackApiUrl = `http://127.0.0.1:${port}/api/`;
const web = new WebClient("xoxb-planted-0123456789", { slackApiUrl, logLevel: LogLevel.ERROR });
const socket = new SocketModeClient({ appToken: "xapp-planted-0123456789", logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl } });
try {
  const seen = [];
  socket.on("message", async ({ event, ack }) => { seen.push(event.text); await ack(); });
  socket.on("slash_commands", async ({ body, ack }) => { seen.push(body.text); await ack({ text: "ok" }); });
  socket.on("interactive", async ({ body, ack }) => { seen.push(body.actions[0].value); await ack(); });
  await socket.start();
  assert.equal((await web.auth.test()).user_id, "UBOT");
  await control("say", { text: "hello" });
  await control("command", { text: "status" });
  await until(async () => seen.includes("hello") && seen.includes("status"));
  const posted = await web.chat.postMessage({ channel: "D1", text: "card", blocks: [{ type: "actions", block_id: "b",
    elements: [{ type: "button", action_id: "approve", value: "v1", text: { type: "plain_text", text: "Approve" } }] }],
    metadata: { event_type: "x", event_payload: { key: "k1" } } });
  await control("click", { ts: posted.ts });
  await until(async () => seen.includes("v1"));
  const history = await web.conversations.history({ channel: "D1", include_all_metadata: true });
  assert.equal(history.messages[0].metadata.event_payload.key, "k1");
  await web.chat.update({ channel: "D1", ts: posted.ts, text: "done" });
  const before = (await control("state")).counts.connections;
  await control("disconnect");
  await until(async () => (await control("state")).counts.connections > before);
  await control("cut");
  await control("say", { text: "after the cut" });
  await until(async () => seen.includes("after the cut"));
  await until(async () => (await control("state")).open === 0);
  const refused = await web.apps.connections.open({ token: "xoxb-planted-0123456789" }).catch((error) => error.data.error);
  assert.equal(refused, "not_allowed_token_type");
  console.log("Slack's clients accept the fake");
} finally {
  await socket.disconnect().catch(() => {});
  process_.kill();
}
process.exit(0);
