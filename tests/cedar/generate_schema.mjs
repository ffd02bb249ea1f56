// Calls against a fixed schema: entities and requests that fit it, and some that do not.
import { Expressions } from './generate_expression.mjs';

export const SCHEMA = `
type Info = { n: Long, flag?: Bool };
entity Group in [Group] { name: String };
entity Colour enum ["red", "green"];
entity User in [Group] {
  n: Long, flag?: Bool, name: String, owner?: User, tags: Set<Long>, info: Info,
  addr: ipaddr, price?: decimal, when: datetime, span: duration, colour?: Colour
} tags String;
entity Doc in [Group, Doc] = { owner: User, name?: String, tags?: Set<String> };
action all;
action read, list in [all] appliesTo { principal: [User], resource: [Doc], context: { n: Long, addr?: ipaddr, info?: Info, owner?: User } };
action write in [all] appliesTo { principal: [User, Group], resource: [Doc, Group], context: {} };
`;

const uid = (type, id) => ({ type, id });
const ids = ['a', 'b', 'c'];
const ref = (random, type) => random.pick([{ __entity: uid(type, random.pick(ids)) }, uid(type, random.pick(ids))]);
const ext = (random, fn, text) => random.pick([text, { __extn: { fn, arg: text } }, { fn, arg: text }]);

function info(random) {
  return random.chance(0.5) ? { n: random.below(5) } : { n: random.below(5), flag: random.chance(0.5) };
}

function userAttributes(random) {
  const out = {
    n: random.below(9), name: random.pick(['a', 'abc']), tags: random.some([1, 2, 3], 3), info: info(random),
    addr: ext(random, 'ip', random.pick(['1.2.3.4', '::1', '10.0.0.0/8'])),
    when: ext(random, 'datetime', '2026-11-22'), span: ext(random, 'duration', '1d2h'),
  };
  if (random.chance(0.5)) out.flag = random.chance(0.5);
  if (random.chance(0.5)) out.owner = ref(random, 'User');
  if (random.chance(0.3)) out.price = ext(random, 'decimal', '1.25');
  if (random.chance(0.3)) out.colour = { __entity: uid('Colour', random.pick(['red', 'green'])) };
  return out;
}

function makeEntities(random) {
  const out = [];
  for (const id of ids) {
    const groups = random.some(ids, 1).map((g) => uid('Group', g));
    if (random.chance(0.7)) out.push({ uid: uid('User', id), attrs: userAttributes(random), parents: groups, ...(random.chance(0.3) ? { tags: { a: 'x', b: 'abc' } } : {}) });
    if (random.chance(0.7)) out.push({ uid: uid('Doc', id), attrs: { owner: ref(random, 'User'), ...(random.chance(0.5) ? { name: 'abc' } : {}) }, parents: groups });
    if (random.chance(0.7)) out.push({ uid: uid('Group', id), attrs: { name: id }, parents: id === 'a' ? [uid('Group', 'b')] : [] });
  }
  return out;
}

function makeRequest(random) {
  const action = random.pick(['read', 'list', 'write', 'read']);
  const context = {};
  if (action !== 'write') {
    context.n = random.below(9);
    if (random.chance(0.5)) context.addr = ext(random, 'ip', '10.1.2.3');
    if (random.chance(0.4)) context.info = info(random);
    if (random.chance(0.4)) context.owner = ref(random, 'User');
  }
  return { principal: uid('User', random.pick(ids)), action: uid('Action', action), resource: uid('Doc', random.pick(ids)), context };
}

const BREAKS = [
  (random, c) => { random.pick(c.requests).action = uid('Action', random.pick(['all', 'none'])); },
  (random, c) => { random.pick(c.requests).principal = random.pick([uid('Group', 'a'), uid('Doc', 'a'), uid('Nobody', 'a'), uid('Colour', 'red')]); },
  (random, c) => { random.pick(c.requests).resource = random.pick([uid('User', 'a'), uid('Group', 'a'), uid('Nobody', 'a')]); },
  (random, c) => { random.pick(c.requests).context.extra = 1; },
  (random, c) => { delete random.pick(c.requests).context.n; },
  (random, c) => { random.pick(c.requests).context.n = random.pick(['1', true, [], { x: 1 }]); },
  (random, c) => { random.pick(c.requests).context.addr = random.pick(['nope', 1, { __extn: { fn: 'decimal', arg: '1.0' } }]); },
  (random, c) => { if (c.entities.length) random.pick(c.entities).attrs.extra = 1; },
  (random, c) => { if (c.entities.length) delete random.pick(c.entities).attrs.name; },
  (random, c) => { if (c.entities.length) random.pick(c.entities).attrs.name = random.pick([1, ['x'], true]); },
  (random, c) => { if (c.entities.length) random.pick(c.entities).parents.push(random.pick([uid('User', 'z'), uid('Doc', 'z'), uid('Nobody', 'z'), uid('Colour', 'red')])); },
  (random, c) => { c.entities.push({ uid: uid('Nobody', 'x'), attrs: {}, parents: [] }); },
  (random, c) => { c.entities.push({ uid: uid('Colour', random.pick(['red', 'blue'])), attrs: {}, parents: [] }); },
  (random, c) => { if (c.entities.length) random.pick(c.entities).tags = random.pick([{ a: 1 }, { a: 'x' }, {}]); },
  (random, c) => { c.entities.push({ uid: uid('User', 'q'), attrs: { ...userAttributes(random), colour: { __entity: uid('Colour', 'blue') } }, parents: [] }); },
  (random, c) => { c.entities.push({ uid: uid('Action', random.pick(['read', 'new'])), attrs: {}, parents: random.pick([[], [uid('Action', 'all')]]) }); },
  (random, c) => { c.entities.push({ uid: uid('User', 'r'), attrs: { ...userAttributes(random), tags: random.pick([['x'], [1, 'x'], 1, []]) }, parents: [] }); },
];

export function makeSchemaCall(random, requests) {
  const uids = [];
  for (const type of ['User', 'Group', 'Doc']) for (const id of ids) uids.push(uid(type, id));
  const expressions = new Expressions(random, uids);
  const staticPolicies = {};
  for (let i = 1 + random.below(4); i > 0; --i) {
    const scope = random.pick(['principal', 'principal is User', 'principal in Group::"a"', 'principal == User::"a"']);
    const action = random.pick(['action', 'action == Action::"read"', 'action in Action::"all"', 'action in [Action::"write", Action::"list"]']);
    staticPolicies[`p${i}`] = `${random.chance(0.7) ? 'permit' : 'forbid'}(${scope}, ${action}, resource) when { ${expressions.of('bool', 1 + random.below(3))} };`;
  }
  const made = { policies: { staticPolicies }, schema: SCHEMA, entities: makeEntities(random), requests: Array.from({ length: requests }, () => makeRequest(random)) };
  if (random.chance(0.5)) random.pick(BREAKS)(random, made);
  return made;
}
