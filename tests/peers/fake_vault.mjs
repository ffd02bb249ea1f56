// A double of HashiCorp Vault's and OpenBao's HTTP API: AppRole, tokens, KV version 2, dynamic
// credentials and leases, as their documentation describes them. Listens on loopback alone.
//
// node fake_vault.mjs --port 0 ; prints "listening on PORT". For tests: POST /test/state with
// {sealed, delay_ms, ttl_s, lease_s, garbage, forget, forget_leases, keep} changes it, GET /test/state tells what it
// has seen.
// prove_fake_vault.mjs holds it against the client node-vault.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import crypto from 'node:crypto';
import { parseArgs } from 'node:util';

export function makeVault({ roleId = 'role-1', secretId = 'secret-id-planted-1', root = 'root-planted-1', tls = null } = {}) {
  const state = { sealed: false, delay_ms: 0, ttl_s: 3600, lease_s: 60, garbage: '' };
  const tokens = new Map([[root, { ttl: 0, renewable: false, until: Infinity }]]);
  const leases = new Map();
  const kept = new Map();
  const seen = [];
  const id = () => crypto.randomUUID();
  const envelope = (more) => ({
    request_id: id(), lease_id: '', renewable: false, lease_duration: 0, data: null, wrap_info: null,
    warnings: null, auth: null, ...more,
  });
  const authOf = (token, held) => ({
    client_token: token, accessor: id(), policies: ['default'], token_policies: ['default'], metadata: null,
    lease_duration: held.ttl, renewable: held.renewable, entity_id: '', token_type: 'service', orphan: true,
  });
  const errors = (status, ...list) => ({ status, json: { errors: list } });
  const alive = (map, key) => {
    const held = map.get(key);
    if (held && held.until > Date.now()) return held;
    map.delete(key);
    return null;
  };

  function login(body) {
    if (body.role_id !== roleId || body.secret_id !== secretId) return errors(400, 'invalid role or secret ID');
    const token = `hvs.planted-${id()}`;
    const held = { ttl: state.ttl_s, renewable: true, until: Date.now() + state.ttl_s * 1000 };
    tokens.set(token, held);
    return { status: 200, json: envelope({ auth: authOf(token, held) }) };
  }

  function ofToken(path, token, held) {
    if (path === 'lookup-self') {
      const ttl = held.until === Infinity ? 0 : Math.round((held.until - Date.now()) / 1000);
      return { status: 200, json: envelope({ data: { id: token, ttl, renewable: held.renewable, policies: ['default'] } }) };
    }
    if (path === 'renew-self') {
      if (!held.renewable) return errors(400, 'lease is not renewable');
      held.until = Date.now() + state.ttl_s * 1000;
      return { status: 200, json: envelope({ auth: authOf(token, held) }) };
    }
    if (path === 'revoke-self') {
      tokens.delete(token);
      return { status: 204 };
    }
    return errors(404);
  }

  function ofLease(path, body) {
    const held = alive(leases, body.lease_id);
    if (path === 'revoke') {
      leases.delete(body.lease_id);
      return { status: 204 };
    }
    if (!held) return errors(400, 'lease not found');
    held.until = Date.now() + state.lease_s * 1000;
    return { status: 200, json: envelope({ lease_id: body.lease_id, renewable: true, lease_duration: state.lease_s }) };
  }

  function ofKv(method, path, body) {
    const versions = kept.get(path) ?? [];
    if (method === 'POST' || method === 'PUT') {
      if (body.options?.cas !== undefined && body.options.cas !== versions.length) {
        return errors(400, 'check-and-set parameter did not match the current version');
      }
      versions.push(body.data);
      kept.set(path, versions);
      return { status: 200, json: envelope({ data: { version: versions.length, created_time: new Date().toISOString() } }) };
    }
    if (!versions.length) return errors(404);
    const metadata = { version: versions.length, created_time: new Date().toISOString(), deletion_time: '', destroyed: false };
    return { status: 200, json: envelope({ data: { data: versions.at(-1), metadata } }) };
  }

  function answer(method, path, token, body) {
    if (path === 'sys/seal-status' || path === 'sys/health') return { status: 200, json: { sealed: state.sealed } };
    if (state.sealed) return errors(503, 'Vault is sealed');
    if (path === 'auth/approle/login') return login(body);
    const held = token && alive(tokens, token);
    if (!held) return errors(403, 'permission denied');
    if (path.startsWith('auth/token/')) return ofToken(path.slice(11), token, held);
    if (path.startsWith('sys/leases/')) return ofLease(path.slice(11), body);
    if (path.startsWith('secret/data/')) return ofKv(method, path, body);
    if (path.startsWith('database/creds/')) {
      const lease = `${path}/${id()}`;
      leases.set(lease, { until: Date.now() + state.lease_s * 1000 });
      return { status: 200, json: envelope({
        lease_id: lease, renewable: true, lease_duration: state.lease_s,
        data: { username: `v-${id()}`, password: `dynamic-planted-${id()}` },
      }) };
    }
    return errors(404);
  }

  const serve = (req, res) => {
    let text = '';
    req.on('data', (piece) => (text += piece)).on('end', async () => {
      const body = text ? JSON.parse(text) : {};
      if (req.url === '/test/state') {
        if (req.method === 'POST') Object.assign(state, body);
        if (body.forget) tokens.clear();
        if (body.forget_leases) leases.clear();
        if (body.keep) for (const [path, data] of Object.entries(body.keep)) kept.set(path, [data]);
        res.end(JSON.stringify({ ...state, seen, leases: [...leases.keys()], tokens: tokens.size }));
        return;
      }
      const token = req.headers['x-vault-token'];
      seen.push({ method: req.method, path: req.url, request: req.headers['x-vault-request'] ?? '' });
      if (state.delay_ms) await new Promise((done) => setTimeout(done, state.delay_ms));
      const { status, json } = answer(req.method, req.url.replace(/^\/v1\//, '').split('?')[0], token, body);
      const said = state.garbage && status === 200 ? state.garbage : json ? JSON.stringify(json) : '';
      res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      res.end(status === 204 ? undefined : said);
    });
  };
  const server = tls ? https.createServer(tls, serve) : http.createServer(serve);
  return { server, state, tokens, leases, kept, seen, roleId, secretId, root };
}

if (process.argv[1]?.endsWith('/fake_vault.mjs')) {
  const { values } = parseArgs({ options: {
    port: { type: 'string', default: '0' }, host: { type: 'string', default: '127.0.0.1' }, cert: { type: 'string' }, key: { type: 'string' } } });
  const tls = values.cert ? { cert: fs.readFileSync(values.cert), key: fs.readFileSync(values.key) } : null;
  const vault = makeVault({ tls });
  vault.server.listen(Number(values.port), values.host, () => console.log(`listening on ${vault.server.address().port}`));
}
