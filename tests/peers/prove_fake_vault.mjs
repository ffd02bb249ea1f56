// Holds fake_vault.mjs against the client node-vault: what it reads there, ours reads too.
import assert from 'node:assert/strict';
import vaultClient from 'node-vault';
import { makeVault } from './fake_vault.mjs';

const fake = makeVault();
await new Promise((done) => fake.server.listen(0, '127.0.0.1', done));
const endpoint = `http://127.0.0.1:${fake.server.address().port}`;
try {
  const root = vaultClient({ apiVersion: 'v1', endpoint, token: fake.root });
  assert.equal((await root.tokenLookupSelf()).data.id, fake.root);
  await root.write('secret/data/llm', { data: { key: 'sk-1' } });
  const client = vaultClient({ apiVersion: 'v1', endpoint });
  const logged = await client.approleLogin({ role_id: fake.roleId, secret_id: fake.secretId });
  assert.equal(client.token, logged.auth.client_token);
  assert.equal((await client.read('secret/data/llm')).data.data.key, 'sk-1');
  assert.equal((await client.read('secret/data/llm')).data.metadata.version, 1);
  assert.equal((await client.tokenRenewSelf()).auth.renewable, true);
  const leased = await client.read('database/creds/app');
  assert.ok(leased.lease_id && leased.data.password);
  assert.equal((await client.write('sys/leases/renew', { lease_id: leased.lease_id })).lease_duration, 60);
  await client.write('sys/leases/revoke', { lease_id: leased.lease_id });
  await assert.rejects(client.write('sys/leases/renew', { lease_id: leased.lease_id }), /lease not found/);
  await assert.rejects(client.read('secret/data/none'), (error) => error.response.statusCode === 404);
  fake.state.sealed = true;
  await assert.rejects(client.read('secret/data/llm'), /sealed/);
  fake.state.sealed = false;
  await client.tokenRevokeSelf();
  await assert.rejects(client.read('secret/data/llm'), /permission denied/);
  console.log('fake_vault: node-vault agrees');
} finally {
  fake.server.close();
}
