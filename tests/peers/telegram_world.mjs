// telegram-test-api (npm) with its simulated people behind /control, for platforms_test.py.
//
//   node telegram_world.mjs       prints "telegram on port N, control on port M"
import http from "node:http";
import net from "node:net";
import module from "telegram-test-api";

const Server = module.default ?? module;
const token = "123456:planted-telegram-token";
const free = () => new Promise((done) => {
  const probe = net.createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => done(port));
  });
});
const api = new Server({ port: await free(), host: "127.0.0.1", storeTimeout: 600 });
await api.start();

const client = (said) => api.getClient(token, { userId: said.user, chatId: said.chat ?? said.user, timeout: 5000,
  type: said.type ?? "private" });
const controls = {
  say: async (said) => {
    const person = client(said);
    await person.sendMessage(person.makeMessage(said.text, said.more ?? {}));
    return {};
  },
  press: async (said) => {
    const person = client(said);
    await person.sendCallback(person.makeCallbackQuery(said.value));
    return {};
  },
  state: async () => ({ messages: api.storage.botMessages.filter((one) => one.botToken === token)
    .map((one) => ({ id: one.messageId, ...one.message })) }),
};

const web = http.createServer((request, reply) => {
  let text = "";
  request.on("data", (piece) => (text += piece)).on("end", async () => {
    const control = controls[request.url.slice("/control/".length)];
    const result = control ? await control(text ? JSON.parse(text) : {}) : {};
    reply.writeHead(control ? 200 : 404, { "content-type": "application/json" });
    reply.end(JSON.stringify(result));
  });
});
web.listen(0, "127.0.0.1", () => console.log(`telegram on port ${api.config.port}, control on port ${web.address().port}`));
