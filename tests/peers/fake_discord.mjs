// A Discord for tests: HTTP API and gateway as docs.discord.com tells them, on loopback. What people
// do in it comes by /control. prove_fake_discord.mjs proves it with discord.js.
//
//   node fake_discord.mjs --port 0 [--token T]
import http from "node:http";
import { WebSocketServer } from "ws";

const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : process.argv[at + 1];
};
const token = option("--token", "discord-planted-0123456789");
const heartbeat = Number(option("--heartbeat-ms", "5000"));
const us = { id: "77", username: "hardshell", discriminator: "0", global_name: null, avatar: null, bot: true };

let number = 1000, sequence = 0, session = null, generation = 0;
const id = () => String(++number) + "0000000000000";
const sockets = new Set(), history = [], messages = [], callbacks = [], troubles = [];
const counts = { connections: 0, identifies: 0, resumes: 0, heartbeats: 0, callbacks: 0, bad_tokens: 0 };

// ---- the gateway ----

const put = (socket, payload) => socket.send(JSON.stringify(payload));

function dispatch(type, data) {
  const payload = { op: 0, s: ++sequence, t: type, d: data };
  history.push(payload);
  for (const socket of sockets) if (socket.ready) put(socket, payload);
  return payload;
}

const web = http.createServer(answer);
const door = new WebSocketServer({ noServer: true });
web.on("upgrade", (request, raw, head) => door.handleUpgrade(request, raw, head, (socket) => {
  counts.connections += 1;
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
  socket.on("error", () => sockets.delete(socket));
  socket.on("message", (data) => hear(socket, JSON.parse(data)));
  put(socket, { op: 10, d: { heartbeat_interval: heartbeat }, s: null, t: null });
}));

function hear(socket, said) {
  if (said.op === 1) {
    counts.heartbeats += 1;
    return put(socket, { op: 11, d: null, s: null, t: null });
  }
  if (said.op !== 2 && said.op !== 6) return socket.close(4001, "Unknown opcode.");
  if (said.d.token !== token && said.d.token !== `Bot ${token}`) {
    counts.bad_tokens += 1;
    return socket.close(4004, "Authentication failed.");
  }
  const me = `http://127.0.0.1:${web.address().port}`;
  if (said.op === 6) {
    counts.resumes += 1;
    if (said.d.session_id !== session) return put(socket, { op: 9, d: false, s: null, t: null });
    for (const payload of history.filter((one) => one.s > said.d.seq)) put(socket, payload);
    socket.ready = true;
    return put(socket, { op: 0, s: ++sequence, t: "RESUMED", d: {} });
  }
  counts.identifies += 1;
  session = `session-${++generation}`;
  sequence = 0;
  history.length = 0;
  put(socket, { op: 0, s: ++sequence, t: "READY", d: { v: 10, user: us, guilds: [], session_id: session,
    resume_gateway_url: me.replace("http", "ws"), application: { id: "78", flags: 0 }, shard: [0, 1] } });
  socket.ready = true;
}

// ---- the HTTP API ----

function call(request, reply, path, body) {
  const put = (status, json, headers = {}) => {
    if (json === null) return reply.writeHead(status).end();
    reply.writeHead(status, { "content-type": "application/json", ...headers });
    reply.end(JSON.stringify(json));
  };
  const at = troubles.findIndex((one) => path.endsWith(one.path));
  const trouble = at < 0 ? null : troubles.splice(at, 1)[0];
  if (trouble?.mode === "wait") return put(429, { message: "You are being rate limited.", retry_after: 0.5, global: false }, { "retry-after": "1" });
  const callback = path.match(/^\/interactions\/(\d+)\/([^/]+)\/callback$/);
  if (callback) {
    counts.callbacks += 1;
    callbacks.push({ id: callback[1], ...body });
    return put(204, null);
  }
  if (request.headers.authorization !== `Bot ${token}`) return put(401, { message: "401: Unauthorized", code: 0 });
  if (path === "/gateway/bot") {
    return put(200, { url: `ws://127.0.0.1:${web.address().port}`, shards: 1,
      session_start_limit: { total: 1000, remaining: 999, reset_after: 1000, max_concurrency: 1 } });
  }
  if (path === "/users/@me") return put(200, us);
  if (/^\/channels\/\d+\/typing$/.test(path)) return put(204, null);
  const post = path.match(/^\/channels\/(\d+)\/messages$/);
  if (post && request.method === "POST") {
    if ((body.content ?? "").length > 2000) return put(400, { message: "Invalid Form Body", code: 50035 });
    const twin = body.enforce_nonce && messages.find((one) => one.nonce === body.nonce && one.channel_id === post[1]);
    if (twin) return put(200, twin);
    const message = { ...body, id: id(), channel_id: post[1], author: us, type: 0, timestamp: new Date().toISOString(),
      edited_timestamp: null, tts: false, mention_everyone: false, mentions: [], mention_roles: [], attachments: [],
      embeds: [], pinned: false, components: body.components ?? [], updates: 0 };
    messages.push(message);
    if (trouble?.mode === "drop_after") return request.socket.destroy();
    return put(200, message);
  }
  const patch = path.match(/^\/channels\/(\d+)\/messages\/(\d+)$/);
  const held = patch && messages.find((one) => one.id === patch[2]);
  if (held && request.method === "PATCH") {
    Object.assign(held, body, { updates: held.updates + 1 });
    return put(200, held);
  }
  put(404, { message: "404: Not Found", code: 0 });
}

// ---- what people do ----

const person = (user) => ({ id: user, username: `name${user}`, discriminator: "0", global_name: null, avatar: null });
const controls = {
  say: (said) => dispatch("MESSAGE_CREATE", { id: id(), channel_id: said.channel, channel_type: said.guild ? 0 : 1, type: 0, author: { ...person(said.user), ...said.author },
    content: said.text, timestamp: new Date().toISOString(), edited_timestamp: null, tts: false, mention_everyone: false,
    mentions: said.text.includes("<@77>") ? [us] : [], mention_roles: [], attachments: [], embeds: [], pinned: false,
    ...(said.guild ? { guild_id: said.guild } : {}), ...said.more }),
  click: (said) => {
    const message = messages.findLast((one) => one.components.length > 0);
    const buttons = message?.components[0].components ?? [];
    const custom_id = said.value ?? buttons[said.button ?? 0]?.custom_id;
    dispatch("INTERACTION_CREATE", { id: id(), application_id: "78", type: 3, token: "aW50ZXJhY3Rpb24", version: 1,
      channel_id: message?.channel_id, channel: { id: message?.channel_id, type: 1 }, message, user: person(said.user),
      data: { component_type: 2, custom_id }, entitlements: [], authorizing_integration_owners: {}, locale: "en-US" });
    return { value: custom_id };
  },
  cut: () => { for (const socket of sockets) socket.terminate(); return {}; },
  reconnect: () => { for (const socket of sockets) put(socket, { op: 7, d: null, s: null, t: null }); return {}; },
  expire: () => { session = "gone"; for (const socket of sockets) put(socket, { op: 9, d: false, s: null, t: null }); return {}; },
  trouble: (said) => { troubles.push(said); return {}; },
  state: () => ({ messages, callbacks, counts, sockets: [...sockets].filter((one) => one.ready).length }),
};

function answer(request, reply) {
  let text = "";
  request.on("data", (piece) => (text += piece)).on("end", () => {
    const path = new URL(request.url, "http://x").pathname;
    const body = text ? JSON.parse(text) : {};
    const api = path.match(/^\/api\/v10(\/.*)$/);
    if (api) return call(request, reply, api[1], body);
    const control = controls[path.slice("/control/".length)];
    reply.writeHead(control ? 200 : 404, { "content-type": "application/json" });
    reply.end(JSON.stringify(control ? control(body) : {}));
  });
}

web.listen(Number(option("--port", "0")), "127.0.0.1", () => console.log(`fake discord on port ${web.address().port}`));
