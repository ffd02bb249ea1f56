// Holds hardshell-cedar against the reference implementation (npm @cedar-policy/cedar-wasm) on
// generated calls: decisions, reasons, erroring policies, and whether something is refused at all.
//
//   node differential.mjs --cli PATH [--full] [--seed N] [--first CALL] [--calls N] [--only CALL] [--explain]
// --explain prints both messages of everything that is refused.
//
// Exit 77 when the package is not installed (npm ci in this folder), which CTest shows as skipped.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { damage, makeCall } from './generate.mjs';
import { makeSchemaCall, SCHEMA } from './generate_schema.mjs';
import { Random } from './random.mjs';

const REQUESTS_A_CALL = 10;
const DEFAULT_CALLS = 200;
const FULL_CALLS = 10500;
const SHOWN_MAX = 10;

function readOptions(words) {
  const options = { cli: '', calls: DEFAULT_CALLS, seed: 20261122, first: 0, only: -1, explain: false };
  if (process.env.HS_FULL === '1') options.calls = FULL_CALLS;
  for (let i = 0; i < words.length; ++i) {
    if (words[i] === '--cli') options.cli = words[++i];
    else if (words[i] === '--full') options.calls = FULL_CALLS;
    else if (words[i] === '--seed') options.seed = Number(words[++i]);
    else if (words[i] === '--calls') options.calls = Number(words[++i]);
    else if (words[i] === '--first') options.first = Number(words[++i]);
    else if (words[i] === '--only') options.only = Number(words[++i]);
    else if (words[i] === '--explain') options.explain = true;
    else throw new Error(`unknown option ${words[i]}`);
  }
  return options;
}

async function loadPeer() {
  try {
    return (await import('@cedar-policy/cedar-wasm/nodejs')).default;
  } catch {
    console.log('SKIPPED: @cedar-policy/cedar-wasm is not installed; run npm ci in tests/cedar');
    process.exit(77);
  }
}

class Cli {
  constructor(path) {
    this.process = spawn(path, ['batch'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async ask(call) {
    this.process.stdin.write(JSON.stringify(call) + '\n');
    const { value, done } = await this.lines.next();
    if (done) throw new Error('hardshell-cedar ended; the last call:\n' + JSON.stringify(call));
    return JSON.parse(value);
  }

  close() {
    this.process.stdin.end();
  }
}

const REFUSED = 'refused';

// Policies and schema are parsed once a call, as the peer's stateful interface allows.
class Peer {
  constructor(engine) {
    this.engine = engine;
    const parsed = engine.preparseSchema('schema', SCHEMA);
    if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed));
  }

  load(call) {
    const parsed = this.engine.preparsePolicySet('set', call.policies);
    return parsed.type === 'success' ? '' : messages(parsed.errors);
  }

  ask(call, request) {
    const withSchema = call.schema !== undefined;
    let answer;
    try {
      answer = this.engine.statefulIsAuthorized({
        ...request, entities: call.entities, preparsedPolicySetId: 'set', validateRequest: withSchema,
        ...(withSchema ? { preparsedSchemaName: 'schema' } : {}),
      });
    } catch (error) {
      return { text: REFUSED, detail: String(error) };
    }
    if (answer.type !== 'success') return { text: REFUSED, detail: messages(answer.errors) };
    const { decision, diagnostics } = answer.response;
    const errors = diagnostics.errors.map((e) => e.policyId);
    return { text: normal(decision, diagnostics.reason, errors), detail: messages(diagnostics.errors.map((e) => e.error)) };
  }
}

const messages = (errors) => errors.map((e) => e.message).join('; ');

const normal = (decision, reasons, errors) => `${decision} reasons [${[...reasons].sort()}] errors [${[...errors].sort()}]`;

function ours(answer, index) {
  if (answer.error !== undefined) return { text: REFUSED, detail: answer.error };
  const result = answer.results[index];
  if (result.error !== undefined) return { text: REFUSED, detail: result.error };
  return { text: normal(result.decision, result.reason, result.errors), detail: '' };
}

function makeOne(random) {
  if (random.chance(0.2)) return makeSchemaCall(random, REQUESTS_A_CALL);
  const call = makeCall(random, REQUESTS_A_CALL);
  return random.chance(0.25) ? damage(random, call) : call;
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  const engine = await loadPeer();
  const peer = new Peer(engine);
  const cli = new Cli(options.cli);
  const count = { requests: 0, allowed: 0, refused: 0, faulty: 0, different: 0 };
  for (let i = options.first; i < options.calls; ++i) {
    if (options.only >= 0 && i !== options.only) continue;
    const call = makeOne(new Random(options.seed * 1000003 + i));
    const answer = await cli.ask(call);
    const refusal = peer.load(call);
    for (let k = 0; k < call.requests.length; ++k) {
      const theirs = refusal ? { text: REFUSED, detail: refusal } : peer.ask(call, call.requests[k]);
      const mine = ours(answer, k);
      ++count.requests;
      if (theirs.text === REFUSED) ++count.refused;
      if (options.explain && theirs.text === REFUSED) console.log(`peer: ${theirs.detail}\nours: ${mine.detail}\n`);
      else if (theirs.text.startsWith('allow')) ++count.allowed;
      if (!theirs.text.endsWith('errors []') && theirs.text !== REFUSED) ++count.faulty;
      if (theirs.text === mine.text) continue;
      if (++count.different <= SHOWN_MAX) {
        console.log(`call ${i}, request ${k}:\n  peer: ${theirs.text} ${theirs.detail}\n  ours: ${mine.text} ${mine.detail}`);
        console.log(JSON.stringify({ ...call, requests: [call.requests[k]] }, null, 1).slice(0, 4000));
      }
    }
  }
  cli.close();
  console.log(`${count.requests} requests (peer ${engine.getCedarVersion()}): ${count.allowed} allowed, ${count.faulty} with erroring policies, ${count.refused} refused, ${count.different} different`);
  process.exit(count.different === 0 ? 0 : 1);
}

await main();
