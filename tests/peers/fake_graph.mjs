// WhatsApp's Cloud API as Meta documents it: the Graph API's messages, and signed webhooks to ours.
// fake_graph.mjs --token T --secret S --account N; prints the port. No official client exists.
import crypto from "node:crypto";
import http from "node:http";

const option = (name) => process.argv[process.argv.indexOf(`--${name}`) + 1];
const [token, secret, account] = ["token", "secret", "account"].map(option);
const state = { messages: [], deliveries: [], troubles: [] };
let hook = "", count = 0;

const value = (more) => ({ object: "whatsapp_business_account", entry: [{ id: "8856996819413533", changes: [{
  field: "messages", value: { messaging_product: "whatsapp",
    metadata: { display_phone_number: "15550783881", phone_number_id: account }, ...more } }] }] });

function post(body, headers = {}) {
  const signature = crypto.createHmac("sha256", secret).update(body).digest("hex");
  return new Promise((done) => {
    const request = http.request(hook, { method: "POST", headers: { "content-type": "application/json",
      "x-hub-signature-256": `sha256=${signature}`, ...headers } }, (answer) => {
      answer.resume().on("end", () => done(answer.statusCode));
    });
    request.on("error", () => done(0));
    request.end(body);
  });
}

// Meta repeats until it is told 200.
async function deliver(more) {
  const body = JSON.stringify(value(more));
  for (let i = 0; i < 40; ++i) {
    const status = await post(body);
    state.deliveries.push(status);
    if (status === 200) return status;
    await new Promise((done) => setTimeout(done, 300));
  }
  return 0;
}

const now = () => String(Math.floor(Date.now() / 1000));
const message = (from, more, id) => ({ contacts: [{ profile: { name: "A name" }, wa_id: from }],
  messages: [{ from, id: id ?? `wamid.in.${++count}`, timestamp: now(), ...more }] });

const controls = {
  hook: ({ url }) => { hook = url; },
  say: async ({ user, text, id, ...more }) => ({ status: await deliver(message(user, { type: "text", text: { body: text }, ...more }, id)) }),
  press: async ({ user, value }) => ({ status: await deliver(message(user, { type: "interactive",
    interactive: { type: "button_reply", button_reply: { id: value, title: "Approve" } } })) }),
  send: async ({ user, ...more }) => ({ status: await deliver(message(user, more)) }),
  body: async ({ text, headers }) => ({ status: await post(text, headers) }),
  trouble: (what) => { state.troubles.push(what); },
  state: () => state,
};

http.createServer(async (req, res) => {
  let text = "";
  for await (const piece of req) text += piece;
  const answer = (status, body) => { res.writeHead(status, { "content-type": "application/json" }); res.end(JSON.stringify(body)); };
  if (req.url.startsWith("/control/")) return answer(200, (await controls[req.url.slice(9)](JSON.parse(text || "{}"))) ?? {});
  if (req.headers.authorization !== `Bearer ${token}`) {
    return answer(401, { error: { message: "Invalid OAuth access token.", type: "OAuthException", code: 190 } });
  }
  if (req.method === "GET" && req.url.startsWith(`/v23.0/${account}?`)) {
    return answer(200, { display_phone_number: "+1 555-078-3881", verified_name: "A test", id: account });
  }
  if (req.method !== "POST" || req.url !== `/v23.0/${account}/messages`) {
    return answer(404, { error: { message: "Unsupported request", code: 100 } });
  }
  const body = JSON.parse(text);
  const trouble = state.troubles.shift()?.mode;
  if (trouble === "wait") return answer(429, { error: { message: "(#130429) Rate limit hit", code: 130429 } });
  if (trouble === "closed") return answer(400, { error: { message: "Re-engagement message", code: 131047 } });
  const buttons = body.interactive?.action?.buttons ?? [];
  const length = (body.interactive?.body?.text ?? body.text?.body ?? "").length;
  if (body.messaging_product !== "whatsapp" || buttons.length > 3 || length > (buttons.length ? 1024 : 4096) ||
      buttons.some((one) => one.reply.title.length > 20 || one.reply.id.length > 256)) {
    return answer(400, { error: { message: "(#100) Invalid parameter", code: 100 } });
  }
  const id = `wamid.out.${state.messages.length + 1}`;
  state.messages.push({ id, ...body });
  const data = body.biz_opaque_callback_data;
  const told = deliver({ statuses: [{ id, status: "sent", timestamp: now(), recipient_id: body.to,
    ...(data ? { biz_opaque_callback_data: data } : {}) }] });
  if (trouble === "drop_after") { await told; return req.socket.destroy(); }
  answer(200, { messaging_product: "whatsapp", contacts: [{ input: body.to, wa_id: body.to }], messages: [{ id }] });
}).listen(0, "127.0.0.1", function () { console.log(`port ${this.address().port}`); });
