// A double of AWS Secrets Manager's GetSecretValue that verifies Signature Version 4.
//
// node fake_aws.mjs --port 0 ; prints "listening on PORT". prove_fake_aws.mjs holds its signatures
// against the vectors of awslabs/aws-c-auth.
import http from 'node:http';
import crypto from 'node:crypto';
import { parseArgs } from 'node:util';

const hash = (text) => crypto.createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => crypto.createHmac('sha256', key).update(text).digest();
const percent = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());

// headers: [[name, value]] that are signed.
export function sign({ method, path, query = '', headers, bodyHash, secret, region, service, time }) {
  const fields = new Map();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const text = value.trim().replace(/\s+/g, ' ');
    fields.set(key, fields.has(key) ? `${fields.get(key)},${text}` : text);
  }
  const names = [...fields.keys()].sort();
  const canonicalPath = path.split('/').map((part) => percent(decodeURIComponent(encodeURIComponent(part)))).join('/');
  const canonical = [method, canonicalPath, query, ...names.map((name) => `${name}:${fields.get(name)}`), '', names.join(';'), bodyHash].join('\n');
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n');
  const key = [time.slice(0, 8), region, service, 'aws4_request'].reduce(hmac, 'AWS4' + secret);
  return { canonical, text, signature: hmac(key, text).toString('hex'), names: names.join(';') };
}

export function makeAws({ id = 'AKIDPLANTED', secret = 'aws-secret-planted-1', region = 'eu-central-1' } = {}) {
  const secrets = new Map([['llm/key', 'sk-aws-planted-1'], ['llm/keys', '{"openai":"sk-aws-planted-2"}']]);
  const state = { denied: false, session: '' };
  const seen = [];
  const server = http.createServer((req, res) => {
    let body = '';
    req.on('data', (piece) => (body += piece)).on('end', () => {
      if (req.url === '/test/state') {
        if (req.method === 'POST') Object.assign(state, JSON.parse(body));
        return res.end(JSON.stringify({ ...state, seen }));
      }
      seen.push({ path: req.url, target: req.headers['x-amz-target'], token: req.headers['x-amz-security-token'] ?? '' });
      const xml = (code) => { res.writeHead(403); res.end(`<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`); };
      const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=(\w+)$/.exec(req.headers.authorization ?? '');
      if (!match || match[1] !== id) return xml('InvalidClientTokenId');
      const headers = match[3].split(';').map((name) => [name, req.headers[name] ?? '']);
      const wanted = sign({ method: req.method, path: req.url, headers, bodyHash: hash(body), secret, region,
        service: 'secretsmanager', time: req.headers['x-amz-date'] ?? '' });
      if (wanted.signature !== match[4]) return xml('SignatureDoesNotMatch');
      if (state.denied) return xml('AccessDenied');
      if (state.session && req.headers['x-amz-security-token'] !== state.session) return xml('InvalidClientTokenId');
      if (req.headers['x-amz-target'] !== 'secretsmanager.GetSecretValue') return xml('UnknownOperationException');
      const name = JSON.parse(body).SecretId;
      res.setHeader('content-type', 'application/x-amz-json-1.1');
      if (!secrets.has(name)) {
        res.writeHead(400);
        return res.end(JSON.stringify({ __type: 'ResourceNotFoundException', Message: 'not found' }));
      }
      res.end(JSON.stringify({ ARN: `arn:aws:secretsmanager:${region}:1:secret:${name}`, Name: name, VersionId: '1',
        SecretString: secrets.get(name), VersionStages: ['AWSCURRENT'], CreatedDate: 1 }));
    });
  });
  return { server, secrets, state, seen };
}

if (process.argv[1]?.endsWith('/fake_aws.mjs')) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
  const aws = makeAws();
  aws.server.listen(Number(values.port), '127.0.0.1', () => console.log(`listening on ${aws.server.address().port}`));
}
