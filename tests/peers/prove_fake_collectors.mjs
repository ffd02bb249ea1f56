// Proves fake_collectors.mjs with the official clients: what they send is taken, and what is no event is not.
//   node prove_fake_collectors.mjs        exits 1 on the first difference (npm ci first)
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { Logger } = require('splunk-logging');
const { LoggerProvider, SimpleLogRecordProcessor } = require('@opentelemetry/sdk-logs');
const { OTLPLogExporter } = require('@opentelemetry/exporter-logs-otlp-http');

const here = path.dirname(fileURLToPath(import.meta.url));
const server = spawn(process.execPath, [path.join(here, 'fake_collectors.mjs'), '--token', 'tok'],
  { stdio: ['ignore', 'pipe', 'inherit'] });
const port = await new Promise((resolve, reject) => {
  server.once('exit', () => reject(new Error('the double ended')));
  server.stdout.on('data', (data) => resolve(Number(/listening (\d+)/.exec(data)[1])));
});
const base = `http://127.0.0.1:${port}`;
const received = async () => (await fetch(`${base}/received`)).json();
const post = (at, body, headers = {}) => fetch(base + at, { method: 'POST', body, headers });

try {
  await new Promise((resolve, reject) => {
    new Logger({ token: 'tok', url: base }).send({
      message: { class_uid: 6003 }, severity: 'info',
      metadata: { host: 'h', source: 'hardshelld', sourcetype: 'ocsf', index: 'main' },
    }, (error, _, body) => (error ? reject(error) : resolve(assert.equal(body.code, 0))));
  });
  const provider = new LoggerProvider({
    processors: [new SimpleLogRecordProcessor({ exporter: new OTLPLogExporter({ url: `${base}/v1/logs` }) })],
  });
  provider.getLogger('audit').emit({
    severityNumber: 9, severityText: 'INFO', body: { class_uid: 6003 }, eventName: 'hardshell.audit',
    attributes: { 'gen_ai.operation.name': 'execute_tool', n: 7 },
  });
  await provider.forceFlush();
  await provider.shutdown();
  const seen = await received();
  assert.equal(seen.splunk.length, 1);
  assert.equal(seen.splunk[0].event.message.class_uid, 6003);
  assert.equal(seen.otlp.length, 1);
  assert.equal(seen.otlp[0].eventName, 'hardshell.audit');
  assert.deepEqual(seen.problems, []);

  const good = { authorization: 'Splunk tok', 'x-splunk-request-channel': 'c' };
  assert.equal((await post('/services/collector/event', '{"event":1}')).status, 403);
  assert.equal((await post('/services/collector/event', '{"noevent":1}', good)).status, 400);
  assert.equal((await post('/services/collector/event', '[{"event":1}]', good)).status, 400);
  const taken = await (await post('/services/collector/event', '{"event":1}{"event":2}', good)).json();
  const ask = async () => (await post('/services/collector/ack?channel=c', JSON.stringify({ acks: [taken.ackId] }), good)).json();
  assert.equal((await ask()).acks[taken.ackId], false);
  assert.equal((await ask()).acks[taken.ackId], true);
  const bad = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityNumber: 99 }] }] }] };
  const answer = await (await post('/v1/logs', JSON.stringify(bad))).json();
  assert.equal(answer.partialSuccess.rejectedLogRecords, '1');
  console.log('the doubles of the collectors are proven');
} finally {
  server.kill();
}
