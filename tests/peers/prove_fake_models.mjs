// Proves fake_models.mjs with the official clients: what they read is what the script says.
//   node prove_fake_models.mjs        exits 1 on the first difference (npm ci first)
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

const here = path.dirname(fileURLToPath(import.meta.url));
const server = spawn(process.execPath, [path.join(here, 'fake_models.mjs'), '--key', 'right-key'],
  { stdio: ['ignore', 'pipe', 'inherit'] });
const port = await new Promise((resolve, reject) => {
  server.once('exit', () => reject(new Error('the fake server ended')));
  server.stdout.on('data', (data) => {
    const found = /listening (\d+)/.exec(data);
    if (found) resolve(Number(found[1]));
  });
});
const base = `http://127.0.0.1:${port}`;
const clients = (apiKey) => ({
  anthropic: new Anthropic({ apiKey, baseURL: base, maxRetries: 0 }),
  openai: new OpenAI({ apiKey, baseURL: `${base}/v1`, maxRetries: 0 }),
});
const { anthropic, openai } = clients('right-key');
const script = (...steps) => fetch(`${base}/script`, { method: 'POST', body: JSON.stringify({ steps }) });
const stats = async () => (await fetch(`${base}/stats`)).json();

const SCHEMA = { type: 'object', properties: { argv: { type: 'array', items: { type: 'string' } } } };
const asAnthropic = (content, extra = {}) => ({
  model: 'fake-1', max_tokens: 100, system: 'You help.', messages: [{ role: 'user', content }],
  tools: [{ name: 'shell_run', description: 'Runs.', input_schema: SCHEMA }], ...extra,
});
const asOpenai = (content, extra = {}) => ({
  model: 'fake-1', messages: [{ role: 'system', content: 'You help.' }, { role: 'user', content }],
  tools: [{ type: 'function', function: { name: 'shell_run', description: 'Runs.', parameters: SCHEMA } }], ...extra,
});

const REPLY = [
  { thinking: 'Let me see.', signature: 'c2lnbmVk' }, { redacted: 'b3BhcXVl' }, { text: 'Running  both. é😀\n' },
  { tool: 'shell_run', id: 'call_1', arguments: { argv: ['uname', '-a'] } },
  { tool: 'shell_run', id: 'call_2', arguments: {} },
];
const BLOCKS = [
  { type: 'thinking', thinking: 'Let me see.', signature: 'c2lnbmVk' },
  { type: 'redacted_thinking', data: 'b3BhcXVl' },
  { type: 'text', text: 'Running  both. é😀\n' },
  { type: 'tool_use', id: 'call_1', name: 'shell_run', input: { argv: ['uname', '-a'] } },
  { type: 'tool_use', id: 'call_2', name: 'shell_run', input: {} },
];
const same = (actual, expected) => assert.deepEqual(JSON.parse(JSON.stringify(actual)), expected);
const fails = (promise, check) => assert.rejects(promise, (error) => (check(error), true));

const proofs = {
  async 'anthropic: whole and streamed are alike'() {
    await script({ reply: REPLY, repeat: 2 });
    const whole = await anthropic.messages.create(asAnthropic('go'));
    same(whole.content, BLOCKS);
    assert.equal(whole.stop_reason, 'tool_use');
    const streamed = await anthropic.messages.stream(asAnthropic('go')).finalMessage();
    same(streamed.content, BLOCKS);
    assert.equal(streamed.stop_reason, 'tool_use');
    assert.equal(streamed.usage.output_tokens, whole.usage.output_tokens);
  },
  async 'anthropic: the text arrives in pieces, in order'() {
    await script({ reply: 'one two three', pings: 3 });
    const pieces = [];
    await anthropic.messages.stream(asAnthropic('go')).on('text', (text) => pieces.push(text)).finalMessage();
    assert.deepEqual(pieces, ['one ', 'two ', 'three']);
  },
  async 'anthropic: errors are of the right class'() {
    const error = (status, type, retry_after) => ({ status, error: { type, message: 'scripted' }, retry_after });
    await script(error(429, 'rate_limit_error', 7), error(529, 'overloaded_error'), error(400, 'invalid_request_error'));
    await fails(anthropic.messages.create(asAnthropic('go')), (seen) => {
      assert.ok(seen instanceof Anthropic.RateLimitError);
      assert.equal(seen.headers.get('retry-after'), '7');
    });
    await fails(anthropic.messages.create(asAnthropic('go')), (seen) => assert.equal(seen.status, 529));
    await fails(anthropic.messages.create(asAnthropic('go')), (seen) => assert.ok(seen instanceof Anthropic.BadRequestError));
    await fails(clients('wrong').anthropic.messages.create(asAnthropic('go')),
      (seen) => assert.ok(seen instanceof Anthropic.AuthenticationError));
  },
  async 'anthropic: an error and a cut inside a stream are seen'() {
    await script({ reply: REPLY, cut_after_events: 6, stream_error: { type: 'overloaded_error', message: 'busy' } },
      { reply: REPLY, cut_after_events: 6 });
    await fails(anthropic.messages.stream(asAnthropic('go')).finalMessage(), (seen) => assert.match(seen.message, /busy|overloaded/));
    await fails(anthropic.messages.stream(asAnthropic('go')).finalMessage(), () => {});
  },
  async 'anthropic: models and token counts'() {
    const models = await anthropic.models.list();
    assert.equal(models.data[0].id, 'fake-1');
    const { model, messages } = asAnthropic('go');
    assert.ok((await anthropic.messages.countTokens({ model, messages })).input_tokens > 0);
  },
  async 'openai: whole and streamed are alike'() {
    await script({ reply: REPLY, repeat: 2 });
    const whole = await openai.chat.completions.create(asOpenai('go'));
    const message = whole.choices[0].message;
    assert.equal(message.content, 'Running  both. é😀\n');
    same(message.tool_calls, [
      { id: 'call_1', type: 'function', function: { name: 'shell_run', arguments: '{"argv":["uname","-a"]}' } },
      { id: 'call_2', type: 'function', function: { name: 'shell_run', arguments: '{}' } },
    ]);
    assert.equal(whole.choices[0].finish_reason, 'tool_calls');
    const stream = openai.chat.completions.stream(asOpenai('go', { stream_options: { include_usage: true } }));
    const streamed = await stream.finalChatCompletion();
    assert.equal(streamed.choices[0].message.content, message.content);
    same(streamed.choices[0].message.tool_calls.map(({ id, type, function: { name, arguments: given } }) =>
      ({ id, type, function: { name, arguments: given } })), JSON.parse(JSON.stringify(message.tool_calls)));
    assert.equal((await stream.totalUsage()).completion_tokens, whole.usage.completion_tokens);
  },
  async 'openai: the text arrives in pieces, in order, and usage only when asked for'() {
    await script({ reply: 'one two three' });
    const pieces = [];
    for await (const chunk of await openai.chat.completions.create(asOpenai('go', { stream: true }))) {
      assert.equal(chunk.usage, undefined);
      if (chunk.choices[0].delta.content) pieces.push(chunk.choices[0].delta.content);
    }
    assert.deepEqual(pieces, ['one ', 'two ', 'three']);
  },
  async 'openai: errors are of the right class'() {
    const error = (status, type, retry_after) => ({ status, error: { type, message: 'scripted' }, retry_after });
    await script(error(429, 'rate_limit_exceeded', 7), error(500, 'server_error'), error(400, 'invalid_request_error'));
    await fails(openai.chat.completions.create(asOpenai('go')), (seen) => assert.ok(seen instanceof OpenAI.RateLimitError));
    await fails(openai.chat.completions.create(asOpenai('go')), (seen) => assert.ok(seen instanceof OpenAI.InternalServerError));
    await fails(openai.chat.completions.create(asOpenai('go')), (seen) => assert.ok(seen instanceof OpenAI.BadRequestError));
    await fails(clients('wrong').openai.chat.completions.create(asOpenai('go')),
      (seen) => assert.ok(seen instanceof OpenAI.AuthenticationError));
  },
  async 'openai: an error inside a stream is seen, and models are listed'() {
    await script({ reply: REPLY, cut_after_events: 3, stream_error: { type: 'server_error', message: 'busy' } });
    await fails((async () => {
      for await (const chunk of await openai.chat.completions.create(asOpenai('go', { stream: true }))) void chunk;
    })(), (seen) => assert.match(String(seen.message ?? seen), /busy/));
    assert.equal((await openai.models.list()).data[0].id, 'fake-1');
  },
  async 'the benchmark rule: TOOL: gives one call of true, its result a text with "fake"'() {
    await script();
    await fetch(`${base}/reset`, { method: 'POST' });
    const called = await anthropic.messages.create(asAnthropic('TOOL: run 1'));
    same(called.content.map(({ type, name, input }) => ({ type, name, input })),
      [{ type: 'tool_use', name: 'shell_run', input: { argv: ['true'] } }]);
    const messages = [...asAnthropic('TOOL: run 1').messages, { role: 'assistant', content: called.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: called.content[0].id, content: 'exit 0' }] }];
    assert.match((await anthropic.messages.create(asAnthropic('', { messages }))).content[0].text, /fake/);
    const asked = await openai.chat.completions.create(asOpenai('TOOL: run 2'));
    const message = asked.choices[0].message;
    const next = [...asOpenai('TOOL: run 2').messages, message,
      { role: 'tool', tool_call_id: message.tool_calls[0].id, content: 'Error: no' }];
    const said = await openai.chat.completions.create(asOpenai('', { messages: next }));
    assert.match(said.choices[0].message.content, /fake/);
    const seen = await stats();
    assert.deepEqual([seen.requests, seen.toolCalls, seen.toolResults, seen.toolErrors], [4, 2, 2, 1]);
    assert.ok(seen.lastBytes > 0 && seen.lastSystemBytes > 0 && seen.lastToolsBytes > 0);
    assert.equal(seen.lastToolResult, 'Error: no');
  },
  async 'a script that expects something else says so'() {
    await script({ expect: { text: 'hello', tools: ['shell_run'] }, reply: 'ok' }, { expect: { tools: ['other'] }, reply: 'x' });
    assert.equal((await anthropic.messages.create(asAnthropic('say hello'))).content[0].text, 'ok');
    await fails(anthropic.messages.create(asAnthropic('go')), (seen) => assert.match(seen.message, /missing tool: other/));
    assert.deepEqual((await stats()).mismatches, ['missing tool: other']);
  },
};

let failed = 0;
for (const [name, proof] of Object.entries(proofs)) {
  try {
    await proof();
    console.log(`ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}\n${error.stack}`);
  }
}
server.kill('SIGTERM');
console.log(failed ? `${failed} of ${Object.keys(proofs).length} differ` : `${Object.keys(proofs).length} proofs hold`);
process.exit(failed ? 1 : 0);
