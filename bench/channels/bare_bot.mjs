// The floor: a bot that answers every message by itself, over Slack's protocol as the official clients speak
// it (@slack/socket-mode, @slack/web-api), without identity, policy, record or memory.
//
//   node bare_bot.mjs PORT
import { createRequire } from "node:module";

const require = createRequire(new URL("../../tests/peers/package.json", import.meta.url));
const { SocketModeClient } = require("@slack/socket-mode");
const { WebClient, LogLevel } = require("@slack/web-api");

const slackApiUrl = `http://127.0.0.1:${process.argv[2]}/api/`;
const web = new WebClient("xoxb-planted-0123456789", { slackApiUrl, maxRequestConcurrency: 100, logLevel: LogLevel.ERROR });
const socket = new SocketModeClient({ appToken: "xapp-planted-0123456789", logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl } });
socket.on("message", async ({ event, ack }) => {
  await ack();
  await web.chat.postMessage({ channel: event.channel, text: "an answer" });
});
await socket.start();
console.log("ready");
