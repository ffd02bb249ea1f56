// Doubles of two receivers of logs: Splunk's HTTP Event Collector with indexer acknowledgement, and an
// OpenTelemetry collector's OTLP/HTTP in JSON. Strict about what they take; proven by the official
// clients (prove_fake_collectors.mjs).
//   node fake_collectors.mjs [--port N] [--token T]     prints "listening PORT"
//   GET /received → {splunk: [event…], otlp: [record…], problems: [text…]}
import http from 'node:http';
import { gunzipSync } from 'node:zlib';

const options = Object.fromEntries(process.argv.slice(2).join(' ').split('--').filter(Boolean)
  .map((word) => word.trim().split(' ')));
const token = options.token ?? 'tok';
const received = { splunk: [], otlp: [], problems: [] };
const acknowledged = new Map();
let nextAck = 0;

// JSON objects one after another, with or without space between them.
function* objects(text) {
  for (let at = 0; at < text.length;) {
    if (/\s/.test(text[at])) { at += 1; continue; }
    let depth = 0; let quoted = false; let end = at;
    for (; end < text.length; end += 1) {
      const c = text[end];
      if (quoted) { if (c === '\\') end += 1; else if (c === '"') quoted = false; continue; }
      if (c === '"') quoted = true;
      if (c === '{') depth += 1;
      if (c === '}' && (depth -= 1) === 0) break;
    }
    yield JSON.parse(text.slice(at, end + 1));
    at = end + 1;
  }
}

function splunk(request, body, url) {
  if (request.headers.authorization !== `Splunk ${token}`) return [403, { text: 'Invalid token', code: 4 }];
  const channel = request.headers['x-splunk-request-channel'] ?? url.searchParams.get('channel');
  if (url.pathname === '/services/collector/ack') {
    if (!channel) return [400, { text: 'Data channel is missing', code: 10 }];
    const acks = {};
    for (const id of JSON.parse(body).acks) {
      // The first question comes too early, as with a real indexer.
      acks[id] = acknowledged.get(`${channel}/${id}`) ?? false;
      acknowledged.set(`${channel}/${id}`, true);
    }
    return [200, { acks }];
  }
  let events;
  try { events = [...objects(body)]; } catch { return [400, { text: 'Invalid data format', code: 6 }]; }
  if (events.length === 0) return [400, { text: 'No data', code: 5 }];
  for (const event of events) {
    if (event.event === undefined) return [400, { text: 'Event field is required', code: 12 }];
    if (event.event === '') return [400, { text: 'Event field cannot be blank', code: 13 }];
    if (event.time !== undefined && !Number.isFinite(Number(event.time))) return [400, { text: 'Invalid data format', code: 6 }];
    const flat = Object.values(event.fields ?? {}).every((value) => value !== null && typeof value !== 'object');
    if (!flat) return [400, { text: 'Error in handling indexed fields', code: 15 }];
  }
  received.splunk.push(...events);
  if (!channel) return [200, { text: 'Success', code: 0 }];
  nextAck += 1;
  acknowledged.set(`${channel}/${nextAck}`, false);
  return [200, { text: 'Success', code: 0, ackId: nextAck }];
}

const isValue = (value) => {
  const kinds = Object.keys(value ?? { none: 1 });
  if (kinds.length > 1) return false;
  if (kinds.length === 0) return true;
  switch (kinds[0]) {
    case 'stringValue': return typeof value.stringValue === 'string';
    case 'intValue': return /^-?\d+$/.test(String(value.intValue));
    case 'boolValue': return typeof value.boolValue === 'boolean';
    case 'doubleValue': return typeof value.doubleValue === 'number';
    case 'arrayValue': return (value.arrayValue.values ?? []).every(isValue);
    case 'kvlistValue': return (value.kvlistValue.values ?? []).every(isAttribute);
    default: return false;
  }
};
const isAttribute = (one) => typeof one.key === 'string' && one.key !== '' && isValue(one.value);

function problemOf(record) {
  for (const key of ['timeUnixNano', 'observedTimeUnixNano']) {
    if (record[key] !== undefined && !/^\d+$/.test(String(record[key]))) return `${key} is no number`;
  }
  const severity = record.severityNumber ?? 0;
  if (!Number.isInteger(severity) || severity < 0 || severity > 24) return 'severityNumber is out of range';
  if (record.body !== undefined && !isValue(record.body)) return 'body is no AnyValue';
  if (!(record.attributes ?? []).every(isAttribute)) return 'an attribute is malformed';
  const known = ['timeUnixNano', 'observedTimeUnixNano', 'severityNumber', 'severityText', 'body', 'eventName',
    'attributes', 'traceId', 'spanId', 'flags', 'droppedAttributesCount'];
  return Object.keys(record).find((key) => !known.includes(key));
}

function otlp(body) {
  let rejected = 0;
  for (const resource of JSON.parse(body).resourceLogs) {
    if (!(resource.resource?.attributes ?? []).every(isAttribute)) return [400, { message: 'resource' }];
    for (const scope of resource.scopeLogs) {
      for (const record of scope.logRecords) {
        const problem = problemOf(record);
        if (problem) { rejected += 1; received.problems.push(problem); } else received.otlp.push(record);
      }
    }
  }
  const partialSuccess = rejected ? { rejectedLogRecords: String(rejected), errorMessage: 'malformed' } : {};
  return [200, { partialSuccess }];
}

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece)).on('end', () => {
    const raw = Buffer.concat(pieces);
    const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
    const url = new URL(request.url, 'http://localhost');
    let answer = [404, { message: 'no such page' }];
    try {
      if (request.method === 'GET' && url.pathname === '/received') answer = [200, received];
      if (request.method === 'POST' && url.pathname.startsWith('/services/collector')) answer = splunk(request, body, url);
      if (request.method === 'POST' && url.pathname === '/v1/logs') answer = otlp(body);
    } catch (error) {
      received.problems.push(String(error));
      answer = [400, { message: String(error) }];
    }
    response.writeHead(answer[0], { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer[1]));
  });
});
server.listen(Number(options.port ?? 0), '127.0.0.1', () => console.log(`listening ${server.address().port}`));
