// A program that talks to our webhook with standardwebhooks' own library, and takes the answers.
import http from "node:http";
import { Webhook } from "standardwebhooks";

const state = { messages: [], statuses: [] };
let hook = "", secret = "", token = "", count = 0;

function post(body, headers) {
  return new Promise((done) => {
    const request = http.request(hook, { method: "POST", headers: { "content-type": "application/json", ...headers } },
      (answer) => { answer.resume().on("end", () => done(answer.statusCode)); });
    request.on("error", () => done(0));
    request.end(body);
  });
}

const controls = {
  begin: (what) => { ({ hook, secret, token } = what); },
  post: async ({ type, data, id, age_s = 0, headers = {}, key }) => {
    const name = id ?? `msg_${++count}`, at = new Date(Date.now() - age_s * 1000);
    const body = JSON.stringify({ type, timestamp: at.toISOString(), data });
    const status = await post(body, { "webhook-id": name, "webhook-timestamp": String(Math.floor(at / 1000)),
      "webhook-signature": new Webhook(key ?? secret).sign(name, at, body), ...headers });
    state.statuses.push(status);
    return { status };
  },
  state: () => state,
};

http.createServer(async (req, res) => {
  let text = "";
  for await (const piece of req) text += piece;
  let found = {};
  if (req.url.startsWith("/control/")) found = (await controls[req.url.slice(9)](JSON.parse(text || "{}"))) ?? {};
  else if (req.headers.authorization !== `Bearer ${token}`) res.statusCode = 401;
  else state.messages.push(JSON.parse(text));
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify(found));
}).listen(0, "127.0.0.1", function () { console.log(`port ${this.address().port}`); });
