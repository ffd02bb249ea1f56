// discord.js works against fake_discord.mjs: login, messages, buttons, resume.
import assert from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Client, GatewayIntentBits, Partials } from "discord.js";

const fake = spawn("node", [new URL("fake_discord.mjs", import.meta.url).pathname]);
const [first] = await once(fake.stdout, "data");
const port = Number(String(first).trim().split(" ").pop());
const control = async (name, body = {}) =>
  (await fetch(`http://127.0.0.1:${port}/control/${name}`, { method: "POST", body: JSON.stringify(body) })).json();
const until = async (test) => {
  for (let i = 0; i < 400 && !(await test()); ++i) await new Promise((done) => setTimeout(done, 25));
  assert(await test());
};

const client = new Client({ rest: { api: `http://127.0.0.1:${port}/api` }, partials: [Partials.Channel],
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.DirectMessages, GatewayIntentBits.MessageContent] });
try {
  const seen = [];
  if (process.env.DEBUG) client.on("debug", (text) => console.error(text));
  client.on("messageCreate", async (message) => {
    seen.push(message.content);
    if (message.content === "card") {
      await message.channel.send({ content: "?", components: [{ type: 1, components: [
        { type: 2, style: 3, label: "Approve", custom_id: "v1" }] }] });
    }
  });
  client.on("interactionCreate", async (interaction) => { seen.push(interaction.customId); await interaction.deferUpdate(); });
  await client.login("discord-planted-0123456789");
  await until(() => client.isReady());
  await control("say", { user: "5", channel: "6", text: "hello" });
  await control("say", { user: "5", channel: "6", text: "card" });
  await until(async () => seen.includes("hello") && (await control("state")).messages.length === 1);
  await control("click", { user: "5" });
  await until(async () => seen.includes("v1") && (await control("state")).counts.callbacks === 1);
  await control("reconnect");
  await until(async () => (await control("state")).counts.resumes === 1);
  await control("say", { user: "5", channel: "6", text: "after" });
  await until(() => seen.includes("after"));
  console.log("discord.js accepts the fake");
} finally {
  await client.destroy();
  fake.kill();
}
process.exit(0);
