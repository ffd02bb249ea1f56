// A Slack for tests: Web API and Socket Mode as docs.slack.dev tells them, on loopback. What people
// do in it comes by /control. prove_fake_slack.mjs proves it with Slack's own clients.
//
//   node fake_slack.mjs --port 0 [--bot xoxb-…] [--app xapp-…] [--retry-ms 3000]
import http from "node:http";
import { WebSocketServer } from "ws";

const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : process.argv[at + 1];
};
const bot = option("--bot", "xoxb-planted-0123456789");
const app = option("--app", "xapp-planted-0123456789");
const retryMs = Number(option("--retry-ms", "3000"));
const team = "T1", us = "UBOT";

let number = 0, clock = 1700000000;
const tickets = new Set(), sockets = new Set(), open = new Map();
const messages = [], ephemeral = [], troubles = [], log = [];
const counts = { connections: 0, acknowledged: 0, redelivered: 0, calls: 0, unknown_acks: 0 };
const stamp = () => `${clock}.${String(++number).padStart(6, "0")}`;

// ---- sockets ----

function deliver(envelope) {
  const [socket] = [...sockets].slice(-1);
  if (!socket) return;
  socket.send(JSON.stringify(envelope.frame));
  clearTimeout(envelope.timer);
  envelope.timer = setTimeout(() => {
    if (!open.has(envelope.frame.envelope_id)) return;
    counts.redelivered += 1;
    envelope.frame.retry_attempt = (envelope.frame.retry_attempt ?? 0) + 1;
    envelope.frame.retry_reason = "timeout";
    deliver(envelope);
  }, retryMs);
}

function send(type, payload) {
  const frame = { envelope_id: `e-${++number}`, type, payload, accepts_response_payload: type !== "events_api" };
  const envelope = { frame };
  open.set(frame.envelope_id, envelope);
  deliver(envelope);
  return frame.envelope_id;
}

const web = http.createServer(answer);
const door = new WebSocketServer({ noServer: true });
web.on("upgrade", (request, raw, head) => {
  const ticket = new URL(request.url, "http://x").searchParams.get("ticket");
  if (!tickets.delete(ticket)) {
    raw.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  door.handleUpgrade(request, raw, head, (socket) => {
    counts.connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => sockets.delete(socket));
    socket.on("message", (data) => {
      const said = JSON.parse(data);
      const envelope = open.get(said.envelope_id);
      if (!envelope) { counts.unknown_acks += 1; return; }
      clearTimeout(envelope.timer);
      open.delete(said.envelope_id);
      counts.acknowledged += 1;
    });
    socket.send(JSON.stringify({ type: "hello", num_connections: sockets.size, connection_info: { app_id: "A1" },
      debug_info: { host: "fake", approximate_connection_time: 18060 } }));
    for (const envelope of open.values()) deliver(envelope);
  });
});

// ---- the Web API ----

const methods = {
  "auth.test": () => ({ ok: true, url: "https://fake.slack.com/", team: "Fake", user: "hardshell", team_id: team,
    user_id: us, bot_id: "B1" }),
  "apps.connections.open": (_, token) => {
    if (token !== app) return { ok: false, error: "not_allowed_token_type" };
    const ticket = `t${++number}`;
    tickets.add(ticket);
    return { ok: true, url: `ws://127.0.0.1:${web.address().port}/link/?ticket=${ticket}&app_id=A1` };
  },
  "chat.postMessage": (said) => {
    if (!said.channel) return { ok: false, error: "channel_not_found" };
    if (!said.text && !said.blocks) return { ok: false, error: "no_text" };
    if ((said.text ?? "").length > 40000) return { ok: false, error: "msg_too_long" };
    for (const block of said.blocks ?? []) {
      const bad = block.type === "section" && block.text.text.length > 3000;
      if (bad) return { ok: false, error: "invalid_blocks" };
    }
    const message = { ...said, ts: stamp(), user: us, bot_id: "B1", updates: 0, at: Date.now() };
    messages.push(message);
    measured?.answered(said.channel);
    return { ok: true, channel: said.channel, ts: message.ts, message };
  },
  "chat.update": (said) => {
    const held = messages.find((one) => one.ts === said.ts && one.channel === said.channel);
    if (!held) return { ok: false, error: "message_not_found" };
    Object.assign(held, { text: said.text, blocks: said.blocks, updates: held.updates + 1 });
    return { ok: true, channel: said.channel, ts: said.ts, text: said.text };
  },
  "chat.postEphemeral": (said) => {
    ephemeral.push(said);
    return { ok: true, message_ts: stamp() };
  },
  "conversations.replies": (said) => ({ ok: true,
    messages: messages.filter((one) => one.channel === said.channel && one.thread_ts === said.ts) }),
  "conversations.history": (said) => ({ ok: true,
    messages: messages.filter((one) => one.channel === said.channel && !one.thread_ts) }),
};

function fieldsOf(request, body) {
  const query = Object.fromEntries(new URL(request.url, "http://x").searchParams);
  if ((request.headers["content-type"] ?? "").startsWith("application/json")) return { ...query, ...JSON.parse(body || "{}") };
  const form = Object.fromEntries(new URLSearchParams(body));
  for (const key of ["blocks", "metadata"]) if (typeof form[key] === "string") form[key] = JSON.parse(form[key]);
  return { ...query, ...form };
}

function call(request, reply, name, body) {
  counts.calls += 1;
  const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
  const put = (status, json, headers = {}) => {
    reply.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
    reply.end(JSON.stringify(json));
  };
  log.push(`${request.method} ${name} ${token.slice(0, 5)}`);
  const at = troubles.findIndex((one) => one.method === name);
  const trouble = at < 0 ? null : troubles[at];
  if (trouble && --trouble.times <= 0) troubles.splice(at, 1);
  if (trouble?.mode === "wait") return put(429, { ok: false, error: "ratelimited" }, { "retry-after": String(trouble.seconds ?? 1) });
  if (trouble?.mode === "drop_before") return request.socket.destroy();
  if (token !== bot && token !== app) return put(200, { ok: false, error: "invalid_auth" });
  if (token === app && name !== "apps.connections.open") return put(200, { ok: false, error: "not_allowed_token_type" });
  const method = methods[name];
  if (!method) return put(200, { ok: false, error: "unknown_method" });
  const result = method(fieldsOf(request, body), token);
  if (trouble?.mode === "drop_after") return request.socket.destroy();
  put(trouble?.mode === "broken" ? 500 : 200, trouble?.mode === "broken" ? {} : result);
}

// ---- for bench/channels: so many conversations at once, each with one message on its way ----

let measured = null;
class Measurement {
  constructor({ conversations, rounds, text, user }) {
    Object.assign(this, { rounds, text, user, spans: [], left: conversations, began: performance.now() });
    this.places = new Map();
    this.done = new Promise((done) => (this.finish = done));
    for (let i = 0; i < conversations; ++i) this.say(`DB${i}`, rounds);
  }
  say(channel, left) {
    this.places.set(channel, { at: performance.now(), left });
    send("events_api", { team_id: team, event: { type: "message", user: this.user, team, channel, channel_type: "im",
      ts: stamp(), text: this.text } });
  }
  answered(channel) {
    const place = this.places.get(channel);
    if (!place) return;
    this.spans.push(performance.now() - place.at);
    if (place.left > 1) return void setImmediate(() => this.say(channel, place.left - 1));
    if (--this.left === 0) this.finish();
  }
  async result() {
    await this.done;
    const seconds = (performance.now() - this.began) / 1000;
    const spans = this.spans.sort((a, b) => a - b);
    const at = (part) => spans[Math.min(spans.length - 1, Math.floor(spans.length * part))];
    return { messages: spans.length, per_second: spans.length / seconds, median_ms: at(0.5), p95_ms: at(0.95) };
  }
}

// ---- what people do ----

const controls = {
  say: (said) => {
    const ts = said.ts ?? stamp();
    const event = { type: "message", user: "U1", team, channel: "D1", channel_type: "im", event_ts: ts, ...said, ts };
    if (said.bare) delete event.team;
    const payload = { token: "z", team_id: team, api_app_id: "A1", event, type: "event_callback",
      event_id: `Ev${++number}`, event_time: clock, is_ext_shared_channel: said.shared === true };
    return { ts, envelope: send("events_api", payload) };
  },
  raw: (said) => ({ envelope: send(said.type, said.payload) }),
  frame: (said) => { for (const socket of sockets) socket.send(said.text); return {}; },
  click: (said) => {
    const message = messages.filter((one) => one.blocks?.some((block) => block.type === "actions"))
      .find((one) => !said.ts || one.ts === said.ts);
    const elements = message?.blocks.find((block) => block.type === "actions").elements ?? [];
    const button = elements.find((one) => one.action_id === (said.action ?? "approve"));
    const value = said.value ?? button?.value;
    return { value, envelope: send("interactive", { type: "block_actions",
      user: { id: said.user ?? "U1", team_id: said.team ?? team, username: "x", name: "x" },
      team: { id: said.team ?? team, domain: "fake" }, api_app_id: "A1", trigger_id: "1.2.3",
      container: { type: "message", message_ts: message?.ts, channel_id: message?.channel },
      channel: { id: message?.channel, name: "x" }, message,
      actions: [{ action_id: said.action ?? "approve", block_id: "approval", type: "button", value, action_ts: stamp() }] }) };
  },
  command: (said) => ({ envelope: send("slash_commands", { command: "/hardshell", text: said.text, user_id: said.user ?? "U1",
    team_id: team, channel_id: said.channel ?? "D1", channel_name: "directmessage", trigger_id: `${++number}.1`,
    api_app_id: "A1", response_url: "https://hooks.slack.com/x" }) }),
  cut: () => { for (const socket of sockets) socket.terminate(); return {}; },
  disconnect: (said) => {
    for (const socket of sockets) {
      socket.send(JSON.stringify({ type: "disconnect", reason: said.reason ?? "refresh_requested", debug_info: {} }));
      setTimeout(() => socket.close(), 1500);
    }
    return {};
  },
  trouble: (said) => { troubles.push({ times: 1, ...said }); return {}; },
  measure: async (said) => {
    measured = new Measurement({ user: "U1", text: "help", conversations: 1, rounds: 1, ...said });
    const result = await measured.result();
    measured = null;
    return result;
  },
  forget: () => { messages.length = 0; ephemeral.length = 0; return {}; },
  state: () => ({ messages, ephemeral, counts, open: open.size, sockets: sockets.size, log: log.slice(-50) }),
};

function answer(request, reply) {
  let body = "";
  request.on("data", (piece) => (body += piece)).on("end", async () => {
    const path = new URL(request.url, "http://x").pathname;
    if (path.startsWith("/api/")) return call(request, reply, path.slice(5), body);
    const control = controls[path.slice("/control/".length)];
    const result = control ? await control(body ? JSON.parse(body) : {}) : {};
    reply.writeHead(control ? 200 : 404, { "content-type": "application/json" });
    reply.end(JSON.stringify(result));
  });
}

web.listen(Number(option("--port", "0")), "127.0.0.1", () => console.log(`fake slack on port ${web.address().port}`));
