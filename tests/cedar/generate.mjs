// Random authorization calls: several policies, templates with links, a hierarchy of entities,
// requests; some of them malformed on purpose.
import { Expressions, entityText, quote } from './generate_expression.mjs';

const IDS = ['a', 'b', 'c', 'd', 'e "q"', 'f\\g'];
const ENTITY_TYPES = ['User', 'Group', 'Doc', 'Ns::Doc'];
const EXTENSIONS = [['ip', ['1.2.3.4', '10.0.0.0/8', '::1']], ['decimal', ['1.0', '-1.5']], ['datetime', ['2024-02-29', '2026-11-22T09:00:00Z']], ['duration', ['1d', '-5ms']]];

const uid = (type, id) => ({ type, id });

function allUids() {
  const out = [];
  for (const type of ENTITY_TYPES) for (const id of IDS) out.push(uid(type, id));
  for (const id of ['read', 'write', 'all']) out.push(uid('Action', id));
  return out;
}
const UIDS = allUids();
const OBJECTS = UIDS.filter((u) => u.type !== 'Action');

function call(random, name) {
  const [fn, texts] = EXTENSIONS.find(([n]) => n === name);
  return { __extn: { fn, arg: random.pick(texts) } };
}

export function jsonValue(random, depth) {
  switch (random.below(depth > 0 ? 10 : 6)) {
    case 0: return random.chance(0.5);
    case 1: case 2: return random.below(20) - 5;
    case 3: return random.pick(['', 'a', 'abc', 'äöü', '\u{1F600}']);
    case 4: return { __entity: random.pick(UIDS) };
    case 5: return call(random, random.pick(EXTENSIONS)[0]);
    case 6: case 7: return Array.from({ length: random.below(4) }, () => jsonValue(random, depth - 1));
    default: return attributes(random, depth - 1);
  }
}

// Attributes mostly have the type that the expressions expect of their name.
export function attributes(random, depth = 2) {
  const makers = {
    n: () => random.below(20) - 5, flag: () => random.chance(0.5), name: () => random.pick(['a', 'abc', 'x']),
    owner: () => ({ __entity: random.pick(OBJECTS) }), tags: () => Array.from({ length: random.below(3) }, () => random.below(3)),
    info: () => (depth > 0 ? attributes(random, depth - 1) : {}), addr: () => call(random, 'ip'), price: () => call(random, 'decimal'),
    when: () => call(random, 'datetime'), span: () => call(random, 'duration'), 'a b': () => random.below(3),
  };
  const out = {};
  for (const [name, make] of Object.entries(makers)) {
    if (random.chance(0.55)) out[name] = random.chance(0.07) ? jsonValue(random, 1) : make();
  }
  return out;
}

// Parents come later in the list, so that there is no cycle.
export function makeEntities(random) {
  const chosen = UIDS.filter(() => random.chance(0.45));
  return chosen.map((self, index) => {
    const later = chosen.slice(index + 1).filter((u) => (self.type === 'Action') === (u.type === 'Action'));
    const parents = later.filter(() => random.chance(0.18));
    if (random.chance(0.1) && self.type !== 'Action') parents.push(random.pick(OBJECTS.filter((u) => !chosen.includes(u)).concat([uid('Group', 'absent')])));
    const entity = { uid: self, attrs: attributes(random), parents };
    if (random.chance(0.4)) entity.tags = Object.fromEntries(random.some(['', 'a', 'ab', 'abc'], 3).map((k) => [k, jsonValue(random, 1)]));
    return entity;
  });
}

function scopeOf(random, variable, slot) {
  const target = () => (slot && random.chance(0.7) ? `?${variable}` : entityText(random.pick(OBJECTS)));
  switch (random.below(9)) {
    case 0: case 1: case 2: case 3: return slot ? `${variable} in ${target()}` : variable;
    case 4: return `${variable} == ${target()}`;
    case 5: case 6: return `${variable} in ${target()}`;
    case 7: return `${variable} is ${random.pick(ENTITY_TYPES)}`;
    default: return `${variable} is ${random.pick(ENTITY_TYPES)} in ${target()}`;
  }
}

function actionScope(random) {
  const action = () => entityText(uid('Action', random.pick(['read', 'write', 'all'])));
  switch (random.below(5)) {
    case 0: case 1: return 'action';
    case 2: return `action == ${action()}`;
    case 3: return `action in ${action()}`;
    default: return `action in [${random.some([action(), action()], 3).join(', ')}]`;
  }
}

function policyText(random, expressions, isTemplate) {
  let text = random.chance(0.2) ? `@note(${quote(random.pick(['x', '', 'y "z"']))})\n` : '';
  text += `${random.chance(0.65) ? 'permit' : 'forbid'}(`;
  const slots = isTemplate ? random.pick([[true, false], [false, true], [true, true]]) : [false, false];
  text += [scopeOf(random, 'principal', slots[0]), actionScope(random), scopeOf(random, 'resource', slots[1])].join(', ') + ')';
  for (let i = random.below(3); i > 0; --i) {
    text += `\n${random.chance(0.7) ? 'when' : 'unless'} { ${expressions.of('bool', 1 + random.below(4))} }`;
  }
  return text + ';';
}

function makePolicies(random) {
  const expressions = new Expressions(random, UIDS);
  const policies = { staticPolicies: {}, templates: {}, templateLinks: [] };
  for (let i = 1 + random.below(9); i > 0; --i) policies.staticPolicies[`p${i}`] = policyText(random, expressions, false);
  for (let i = random.chance(0.3) ? 1 + random.below(2) : 0; i > 0; --i) {
    const text = policyText(random, expressions, true);
    const slots = ['?principal', '?resource'].filter((slot) => scopePart(text).includes(slot));
    if (slots.length === 0) {
      policies.staticPolicies[`s${i}`] = text;
      continue;
    }
    policies.templates[`t${i}`] = text;
    for (let k = random.below(4); k > 0; --k) {
      const values = Object.fromEntries(slots.map((slot) => [slot, random.pick(OBJECTS)]));
      policies.templateLinks.push({ templateId: `t${i}`, newId: `l${i}-${k}`, values });
    }
  }
  return policies;
}

const scopePart = (text) => text.slice(text.search(/(permit|forbid)\(/)).split('\nwhen')[0].split('\nunless')[0];

function makeRequest(random) {
  return {
    principal: random.pick(OBJECTS),
    action: uid('Action', random.pick(['read', 'write', 'all'])),
    resource: random.pick(OBJECTS),
    context: attributes(random),
  };
}

export function makeCall(random, requests) {
  return { policies: makePolicies(random), entities: makeEntities(random), requests: Array.from({ length: requests }, () => makeRequest(random)) };
}

// ---- malformed on purpose ----

const FRAGMENTS = ['(', ')', '{', '}', '[', ']', ',', ';', ':', '::', '.', '==', '=', '!', '-', '&&', '|', '"', '\\', '@', '?', '?principal', 'if', 'then', 'in', 'has', 'like', 'is', '9223372036854775808', '/', '%', '__cedar', '\u00a0', '\r', '//', 'ä', ' ', '\\u{110000}', '0x1', 'contains', 'ip', 'true', 'permit', '#', '\u0000', '-----', '!!!!!', 'principal', 'User::"a"', '.isEmpty(', '.getTag()', '{a: 1, a: 2}', '1 < 2 < 3'];

function mutateText(random, text) {
  for (let i = 1 + random.below(2); i > 0; --i) {
    const at = random.below(text.length + 1);
    const size = random.below(4);
    text = text.slice(0, at) + (random.chance(0.7) ? random.pick(FRAGMENTS) : '') + text.slice(at + size);
  }
  return text;
}

const BAD_VALUES = [null, 1.5, { __extn: { fn: 'nope', arg: '1' } }, { __extn: { fn: 'ip', arg: 'x' } }, { __extn: { fn: 'decimal', arg: 1 } }, { __expr: '1' }, { __extn: { fn: 'datetime', arg: '2024-13-01' } }, { __entity: { type: 'a b', id: 'x' } }, { __entity: { type: '', id: 'x' } }, { __entity: { type: 'if', id: 'x' } }, [null], { deep: { deeper: [{ x: null }] } }, { __extn: { fn: 'offset', args: [1, 2] } }];

function damagePolicy(random, c) {
  const id = random.pick(Object.keys(c.policies.staticPolicies));
  c.policies.staticPolicies[id] = mutateText(random, c.policies.staticPolicies[id]);
}

const DAMAGES = [
  ...Array(9).fill(damagePolicy),
  (random, c) => { if (c.entities.length) random.pick(c.entities).attrs.bad = random.pick(BAD_VALUES); },
  (random, c) => { if (c.entities.length) { const e = random.pick(c.entities); e.tags = { bad: random.pick(BAD_VALUES) }; } },
  (random, c) => { random.pick(c.requests).context.bad = random.pick(BAD_VALUES); },
  (random, c) => { if (c.entities.length) { const e = random.pick(c.entities); e.parents.push(e.uid); } },
  (random, c) => { if (c.entities.length > 1) { const [x, y] = [random.pick(c.entities), random.pick(c.entities)]; if (x !== y) { x.parents.push(y.uid); y.parents.push(x.uid); } } },
  (random, c) => { if (c.entities.length) { const e = random.pick(c.entities); c.entities.push({ ...e, attrs: random.chance(0.5) ? e.attrs : { other: 1 } }); } },
  (random, c) => { if (c.entities.length) delete random.pick(c.entities)[random.pick(['uid', 'attrs', 'parents'])]; },
  (random, c) => { if (c.entities.length) random.pick(c.entities).uid = random.pick(['x', 1, { type: 'User' }, { id: 'a' }, { type: 'User', id: 1 }, { type: ' User', id: 'a' }, { type: 'User::', id: 'a' }]); },
  (random, c) => { c.policies.templateLinks.push({ templateId: random.pick(['t1', 'none', 'p1']), newId: random.pick(['p1', 'new', 'l1-1']), values: random.pick([{}, { '?principal': uid('User', 'a') }, { '?resource': uid('User', 'a') }]) }); },
  (random, c) => { random.pick(c.requests).context = random.pick([[], 'x', 1, null, { __entity: uid('User', 'a') }]); },
  (random, c) => { random.pick(c.requests)[random.pick(['principal', 'action', 'resource'])] = random.pick([{ type: 'a b', id: 'x' }, { type: 'if', id: 'x' }, { type: '', id: '' }, { type: '__cedar', id: 'x' }, { type: 'X::Y', id: '' }]); },
  (random, c) => { const a = c.entities.find((e) => e.uid?.type === 'Action'); if (a) a.parents.push(uid('Group', 'a')); },
];

export function damage(random, c) {
  random.pick(DAMAGES)(random, c);
  return c;
}
