// Our figures and those of the peer (npm @cedar-policy/cedar-wasm) from one run, side by side.
//
//   node compare.mjs --bench build/release/bin/bench_cedar --peer FOLDER [--iterations 600]
//
// FOLDER holds bench.cjs, policies-30.cedar and agent.cedarschema; it is copied, not written to. The
// peer's package is that of tests/cedar (npm ci there).
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = resolve(dirname(fileURLToPath(import.meta.url)), '../../tests/cedar/node_modules');

function readOptions(words) {
  const options = { bench: '', peer: '', iterations: '600' };
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i].slice(2);
    if (!(name in options) || words[i + 1] === undefined) throw new Error(`unknown option ${words[i]}`);
    options[name] = words[i + 1];
  }
  return options;
}

function runPeer(options) {
  if (!existsSync(join(modules, '@cedar-policy/cedar-wasm'))) {
    console.log('peer: SKIPPED, run npm ci in tests/cedar');
    return null;
  }
  const copy = mkdtempSync(join(tmpdir(), 'peer-cedar-'));
  try {
    cpSync(options.peer, copy, { recursive: true });
    execFileSync(process.execPath, [join(copy, 'bench.cjs'), options.iterations], { env: { ...process.env, NODE_PATH: modules }, stdio: ['ignore', 'ignore', 'inherit'] });
    return JSON.parse(readFileSync(join(copy, 'results.json'), 'utf8'));
  } finally {
    rmSync(copy, { recursive: true });
  }
}

// Processor time against processor time; the wall time of ours beside it.
function row(name, ours, theirs) {
  const ratio = theirs === undefined ? '' : `${theirs.toFixed(1).padStart(12)} us${(theirs / ours.cpu_us).toFixed(0).padStart(8)} x`;
  console.log(`${name.padEnd(52)}${ours.cpu_us.toFixed(2).padStart(12)} us${ours.wall_us.toFixed(2).padStart(12)} us${ratio}`);
}

const options = readOptions(process.argv.slice(2));
const ours = JSON.parse(execFileSync(options.bench, [options.peer], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
const peer = runPeer(options);
console.log(`${'median'.padEnd(52)}${'CPU'.padStart(15)}${'wall'.padStart(15)}${peer ? 'cedar-wasm CPU'.padStart(15) : ''}`);
for (const [size, figures] of Object.entries(ours)) {
  const theirs = peer?.sets[size];
  console.log(`${size} policies: ${figures.checked_decisions - figures.wrong_decisions} of ${figures.checked_decisions} decisions as intended`);
  row('  three-outcome decision', figures.three_outcome, theirs?.stateful_two_pass.cpu_us);
  row('  three-outcome decision, request built from facts', figures.three_outcome_with_request_built, theirs?.stateful_two_pass.cpu_us);
  row('  load', figures.load, theirs?.preparse_policies.cpu_us);
  row('  load with validation', figures.load_with_validation, theirs?.parse_and_validate_with_schema.cpu_us);
}
