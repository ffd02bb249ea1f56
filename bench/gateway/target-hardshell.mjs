// How the peers' gateway benchmark (a black-box program that takes an adapter) talks to Hardshell.
// HARDSHELL_PROGRAMS: the folder of the programs, a release build.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const programs = path.resolve(process.env.HARDSHELL_PROGRAMS ?? 'build/release/bin');
const cli = path.join(programs, 'hardshell');
const env = (g) => ({ PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', HOME: g.dir,
  XDG_CONFIG_HOME: path.join(g.dir, 'config'), XDG_STATE_HOME: path.join(g.dir, 'state'),
  XDG_CACHE_HOME: path.join(g.dir, 'cache') });
const token = (g) => fs.readFileSync(path.join(g.dir, 'bench-token'), 'utf8').trim();

export default {
  name: 'hardshell',
  healthPath: '/healthz', readyPath: '/readyz', streamMark: '"content"',
  prepare(g) {
    const project = path.join(g.dir, 'project');
    fs.mkdirSync(project, { recursive: true });
    spawnSync(cli, ['init', '--quiet'], { env: env(g) });
    fs.writeFileSync(path.join(g.dir, 'config/hardshell/config.toml'),
      `[api]\nport = ${g.port}\nproject = "${project}"\n[provider.fake]\nkind = "anthropic"\n` +
      `url = "http://127.0.0.1:${g.fakePort}"\nmodel = "fake-1"\nlocal = true\nretains = false\n`);
    if (fs.existsSync(path.join(g.dir, 'bench-token'))) return;
    const made = spawnSync(cli, ['token', 'add', 'bench', '--scopes', 'talk,person'], { env: env(g) });
    fs.writeFileSync(path.join(g.dir, 'bench-token'), made.stdout);
  },
  start: (g) => ({ cmd: path.join(programs, 'hardshelld'), argv: [], env: env(g) }),
  chat: (g, text, user, stream) => ({ path: '/v1/chat/completions',
    headers: { authorization: 'Bearer ' + token(g) },
    body: { model: 'hardshell', user, stream, messages: [{ role: 'user', content: text }] } }),
  okReply: (text, stream) => text.includes(stream ? '[DONE]' : '"finish_reason":"stop"'),
  cliMessage: (g, text) => ({ cmd: cli, argv: ['send', text], env: env(g) }),
  cli(g) {
    this.prepare({ ...g, port: 18789, fakePort: 9 });
    const e = env(g);
    return { '--version': { cmd: cli, argv: ['--version'], env: e }, '--help': { cmd: cli, argv: ['--help'], env: e },
      'send --help': { cmd: cli, argv: ['send', '--help'], env: e } };
  },
};
