// Holds fake_aws.mjs against the official client, and its signatures against the vectors of awslabs/aws-c-auth
// (corpora/sigv4): those whose path and query need no normal form, which the fake does not make.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { makeAws, sign } from './fake_aws.mjs';

const fake = makeAws();
await new Promise((done) => fake.server.listen(0, '127.0.0.1', done));
const client = (more = {}) => new SecretsManagerClient({
  region: 'eu-central-1', endpoint: `http://127.0.0.1:${fake.server.address().port}`, maxAttempts: 1,
  credentials: { accessKeyId: 'AKIDPLANTED', secretAccessKey: 'aws-secret-planted-1', ...more } });
const read = (name, more) => client(more).send(new GetSecretValueCommand({ SecretId: name }));
try {
  assert.equal((await read('llm/key')).SecretString, 'sk-aws-planted-1');
  await assert.rejects(read('none'), { name: 'ResourceNotFoundException' });
  await assert.rejects(read('llm/key', { secretAccessKey: 'another' }));
  await assert.rejects(read('llm/key', { accessKeyId: 'another' }));
  fake.state.denied = true;
  await assert.rejects(read('llm/key'));
  fake.state.denied = false;
  fake.state.session = 'session-planted-1';
  await assert.rejects(read('llm/key'));
  assert.equal((await read('llm/key', { sessionToken: 'session-planted-1' })).SecretString, 'sk-aws-planted-1');
  console.log('fake_aws: @aws-sdk/client-secrets-manager agrees');
} finally {
  fake.server.closeAllConnections();
  fake.server.close();
}

const folder = path.join(process.env.HARDSHELL_CORPORA ?? '', 'sigv4/v4');
if (!fs.existsSync(folder)) {
  console.log('fake_aws: no corpora here, its signatures are not held against the vectors');
  process.exit(0);
}
let held = 0;
for (const name of fs.readdirSync(folder)) {
  if (!/^(get-vanilla|get-vanilla-with-session-token|post-vanilla|get-header-.*|post-header-.*|post-x-www-form.*)$/.test(name)) continue;
  const text = (file) => fs.readFileSync(path.join(folder, name, file), 'utf8');
  const context = JSON.parse(text('context.json'));
  const canonical = text('header-canonical-request.txt');
  const [method, where, query, ...rest] = canonical.split('\n');
  const headers = rest.slice(0, rest.indexOf('')).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
  const made = sign({ method, path: where, query, headers, bodyHash: rest.at(-1), secret: context.credentials.secret_access_key,
    region: context.region, service: context.service, time: context.timestamp.replace(/[-:]/g, '') });
  assert.equal(made.canonical, canonical, name);
  assert.equal(made.text, text('header-string-to-sign.txt'), name);
  assert.equal(made.signature, text('header-signature.txt'), name);
  held += 1;
}
assert.ok(held >= 10);
console.log(`fake_aws: ${held} vectors agree`);
