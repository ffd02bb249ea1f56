// A fake model server: Anthropic Messages and OpenAI Chat Completions, streamed and whole, on
// loopback, without dependencies and without "thinking" time.
//
//   node fake_models.mjs [--port N] [--script FILE] [--key KEY]     prints "listening PORT"
//
// POST …/messages, …/messages/count_tokens, …/chat/completions   (prefixes of any depth)
// GET  …/models, /api/tags, /props      as Anthropic, OpenAI, Ollama and llama.cpp answer
// GET  /stats                           counts and prompt sizes
// POST /reset                           zeroes the counts; POST /script replaces the script
// With --key (or FAKE_KEY) a request without that key is answered 401.
// prove_fake_models.mjs holds it against the official clients.
import fs from 'node:fs';
import http from 'node:http';
import { parseArgs } from 'node:util';
import { anthropic, openai } from './fake_formats.mjs';
import { Script, lastTurn } from './fake_script.mjs';

const REQUEST_BYTES_MAX = 64 << 20;
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string' }, script: { type: 'string' }, key: { type: 'string' } },
});
const port = Number(options.port ?? positionals[0] ?? process.env.FAKE_PORT ?? 0);
const key = options.key ?? process.env.FAKE_KEY;
const readScript = (text) => new Script(JSON.parse(text).steps);
let script = options.script ? readScript(fs.readFileSync(options.script, 'utf8')) : new Script();
let ids = 0;

const zero = () => ({
  requests: 0, toolCalls: 0, toolResults: 0, toolErrors: 0, bytes: 0, lastBytes: 0, lastSystemBytes: 0,
  lastToolsBytes: 0, lastMessages: 0, lastTools: [], lastToolResult: '', lastCredential: '', aborted: 0,
  paths: {},
});
let stats = zero();
const pause = (delay_ms) => new Promise((done) => setTimeout(done, delay_ms));

function send(res, value, status = 200, headers = {}) {
  const body = typeof value === 'string' ? value : JSON.stringify(value);
  res.writeHead(status, {
    'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'request-id': 'req_fake', ...headers,
  });
  res.end(body);
}

function count(format, body, raw, turn, credential) {
  Object.assign(stats, {
    lastBytes: raw.length, lastMessages: body.messages?.length ?? 0, lastCredential: credential,
    lastSystemBytes: JSON.stringify(format.system(body)).length,
    lastToolsBytes: JSON.stringify(body.tools ?? []).length,
    lastTools: format.tools(body).map((tool) => tool.name),
  });
  stats.requests++;
  stats.bytes += raw.length;
  if (!turn.results.length) return;
  stats.toolResults += turn.results.length;
  stats.toolErrors += turn.results.filter((result) => result.failed).length;
  stats.lastToolResult = turn.results.at(-1).content.slice(0, 400);
}

function replyOf(format, step, body, raw) {
  const given = typeof step.reply === 'string' ? [{ text: step.reply }] : (step.reply ?? []);
  const parts = given.map((part) => (part.tool ? { id: `toolu_fake_${++ids}`, ...part } : part));
  stats.toolCalls += parts.filter((part) => part.tool).length;
  return {
    id: `msg_fake_${++ids}`, model: body.model ?? 'fake-1', parts,
    usage: format.usage(Math.ceil(raw.length / 4), 12),
  };
}

async function stream(res, format, step, reply, body) {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'request-id': 'req_fake' });
  for (let i = 0; i < (step.pings ?? 0); i++) res.write(format === anthropic ? 'event: ping\ndata: {"type":"ping"}\n\n' : ': ping\n\n');
  const all = format.events(reply, body);
  const events = all.slice(0, step.cut_after_events ?? all.length);
  if (!step.event_delay_ms) {
    res.write(events.join(''));
  } else {
    for (const event of events) {
      if (res.destroyed) return;
      res.write(event);
      await pause(step.event_delay_ms);
    }
  }
  if (step.stream_error) return res.end(format.streamError(step.stream_error));
  if (step.cut_after_events !== undefined) return setTimeout(() => res.destroy(), 5);
  res.end();
}

async function answer(res, format, body, raw, credential) {
  const turn = lastTurn(body);
  count(format, body, raw, turn, credential);
  if (key && credential !== key) return send(res, format.error('authentication_error', 'invalid key', 401), 401);
  const step = script.next(body, turn, format.tools(body));
  if (step.delay_ms) await pause(step.delay_ms);
  if (step.status && step.status !== 200) {
    const retry = step.retry_after === undefined ? {} : { 'retry-after': String(step.retry_after) };
    const error = step.error ?? { type: 'api_error', message: 'scripted failure' };
    return send(res, format.error(error.type, error.message, step.status), step.status, retry);
  }
  if (step.garbage !== undefined) return send(res, step.garbage, 200, { 'content-type': step.content_type ?? 'text/event-stream' });
  const reply = replyOf(format, step, body, raw);
  return body.stream ? stream(res, format, step, reply, body) : send(res, format.whole(reply));
}

function list(req, path) {
  if (path === '/api/tags') return { models: [{ name: 'fake-1', model: 'fake-1', details: { family: 'fake' } }] };
  if (path === '/props') return { default_generation_settings: { n_ctx: 32768 } };
  if (req.headers['anthropic-version']) {
    const model = { id: 'fake-1', type: 'model', display_name: 'Fake 1', created_at: '2026-01-01T00:00:00Z' };
    return { data: [model], has_more: false, first_id: 'fake-1', last_id: 'fake-1' };
  }
  return { object: 'list', data: [{ id: 'fake-1', object: 'model', created: 1_795_348_800, owned_by: 'llamacpp' }] };
}

function control(path, raw, res) {
  if (path === '/stats') return send(res, { ...stats, stepsLeft: script.steps.length, mismatches: script.mismatches });
  if (path === '/reset') stats = zero();
  if (path === '/script') script = readScript(raw.toString('utf8'));
  return send(res, { ok: true });
}

function serve(req, res, raw) {
  const path = req.url.split('?')[0];
  stats.paths[path] = (stats.paths[path] ?? 0) + 1;
  if (['/stats', '/reset', '/script'].includes(path)) return control(path, raw, res);
  if (req.method === 'GET') return send(res, list(req, path));
  const format = path.endsWith('/chat/completions') ? openai : anthropic;
  let body;
  try {
    body = JSON.parse(raw.toString('utf8') || '{}');
  } catch {
    return send(res, format.error('invalid_request_error', 'the body is not JSON', 400), 400);
  }
  if (path.endsWith('/count_tokens')) return send(res, { input_tokens: Math.ceil(raw.length / 4) });
  if (format === anthropic && !path.endsWith('/messages')) return send(res, format.error('not_found_error', path), 404);
  const credential = req.headers['x-api-key'] ?? req.headers['api-key'] ??
    (req.headers.authorization ?? '').replace(/^Bearer /, '');
  return answer(res, format, body, raw, credential);
}

const server = http.createServer((req, res) => {
  const chunks = [];
  let bytes = 0;
  res.on('close', () => { if (!res.writableFinished) stats.aborted++; });
  req.on('data', (chunk) => {
    bytes += chunk.length;
    if (bytes > REQUEST_BYTES_MAX) req.destroy();
    else chunks.push(chunk);
  });
  req.on('end', () => Promise.resolve(serve(req, res, Buffer.concat(chunks))).catch((error) => {
    console.error(error);
    res.destroy();
  }));
});
server.keepAliveTimeout = 60_000;
server.listen(port, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
