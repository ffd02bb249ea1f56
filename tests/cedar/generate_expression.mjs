// Random Cedar expressions: mostly of the type asked for, sometimes of another, so that errors of
// evaluation happen on some paths.
const TYPES = ['bool', 'long', 'string', 'entity', 'set', 'record', 'ip', 'decimal', 'datetime', 'duration'];
const ATTRIBUTES = ['n', 'flag', 'name', 'owner', 'tags', 'info', 'addr', 'price', 'when', 'span', 'a b'];
const STRINGS = ['', 'a', 'ab', 'abc', 'a*c', 'äöü', '日本', '\u{1F600}x', 'line\nbreak', 'quo"te', 'back\\slash', 'x'.repeat(20)];
const LONGS = ['0', '1', '-1', '2', '7', '100', '9223372036854775807', '-9223372036854775808', '4611686018427387904'];
const IPS = ['1.2.3.4', '10.0.0.0/8', '10.1.2.3', '127.0.0.1', '::1', 'ff02::1', '2001:db8::/32', '2001:db8::5', '0.0.0.0/0', '224.0.0.1', '1.2.3', '1.2.3.4/33', '::ffff:1.2.3.4', 'x'];
const DECIMALS = ['0.0', '1.0', '1.5', '-1.2345', '922337203685477.5807', '-922337203685477.5808', '1', '1.23456', '.5', '99999999999999999999.0'];
const DATETIMES = ['1970-01-01', '2024-02-29', '2024-02-30', '2026-11-22T09:00:00Z', '2026-11-22T09:00:00.123+0530', '1969-12-31T23:59:59.999Z', '9999-12-31', '0000-01-01', '2024-1-1', '2024-01-01T25:00:00Z'];
const DURATIONS = ['0ms', '1d', '-1d2h', '1h30m', '100s5ms', '', '-', '1h1d', '9223372036854775807ms', '-9223372036854775808ms', '106751991167d', '106751991168d'];

export function quote(text) {
  let out = '"';
  for (const c of text) {
    if (c === '"') out += '\\"';
    else if (c === '\\') out += '\\\\';
    else if (c === '\n') out += '\\n';
    else out += c;
  }
  return out + '"';
}

export const entityText = (uid) => `${uid.type}::${quote(uid.id)}`;

export class Expressions {
  constructor(random, entities) {
    this.random = random;
    this.entities = entities;  // uids that may be named
  }

  any(depth) {
    return this.of(this.random.pick(TYPES), depth);
  }

  of(type, depth) {
    const r = this.random;
    if (r.chance(0.04)) type = r.pick(TYPES);
    if (depth > 0 && r.chance(0.08)) {
      return `(if ${this.of('bool', depth - 1)} then ${this.of(type, depth - 1)} else ${this.of(type, depth - 1)})`;
    }
    if (depth > 0 && r.chance(0.12)) return this.path(type, depth);
    return this[type](depth);
  }

  // An attribute or a tag that has the type in most of the generated entities and contexts.
  path(type, depth) {
    const r = this.random;
    const name = { long: 'n', bool: 'flag', string: 'name', entity: 'owner', set: 'tags', record: 'info', ip: 'addr', decimal: 'price', datetime: 'when', duration: 'span' }[type];
    const base = r.pick(['principal', 'resource', 'context', 'context', 'action', 'principal.owner', 'context.info', this.of('record', depth - 1), this.of('entity', depth - 1)]);
    if (r.chance(0.1)) return `${base}.getTag(${this.of('string', depth - 1)})`;
    if (r.chance(0.2)) return `${base}[${quote(name)}]`;
    return `${base}.${name}`;
  }

  bool(depth) {
    const r = this.random;
    if (depth <= 0) return r.pick(['true', 'false']);
    const d = depth - 1;
    switch (r.below(24)) {
      case 0: case 1: return `(${this.of('bool', d)} && ${this.of('bool', d)})`;
      case 2: case 3: return `(${this.of('bool', d)} || ${this.of('bool', d)})`;
      case 4: return `${'!'.repeat(1 + r.below(3))}(${this.of('bool', d)})`;
      case 5: case 6: { const t = r.pick(TYPES); return `(${this.of(t, d)} ${r.pick(['==', '!='])} ${this.of(t, d)})`; }
      case 7: case 8: { const t = r.pick(['long', 'long', 'datetime', 'duration']); return `(${this.of(t, d)} ${r.pick(['<', '<=', '>', '>='])} ${this.of(t, d)})`; }
      case 9: case 10: return `(${this.of('entity', d)} in ${r.chance(0.4) ? `[${this.list('entity', d)}]` : this.of('entity', d)})`;
      case 11: return `(${r.chance(0.5) ? this.of('entity', d) : this.of('record', d)} has ${this.attribute()})`;
      case 12: return `(${r.pick(['context', 'principal', 'resource', 'principal.owner'])} has ${r.pick(['info.n', 'owner.name', 'info.info.n', 'owner.owner.flag', 'n.n'])})`;
      case 13: return `(${this.of('string', d)} like ${this.pattern()})`;
      case 14: return `(${this.of('entity', d)} is ${r.pick(['User', 'Group', 'Doc', 'Ns::Doc', 'Action'])}${r.chance(0.4) ? ` in ${this.of('entity', d)}` : ''})`;
      case 15: return `${this.of('set', d)}.contains(${this.any(d)})`;
      case 16: return `${this.of('set', d)}.${r.pick(['containsAll', 'containsAny'])}(${this.of('set', d)})`;
      case 17: return `${this.of('set', d)}.isEmpty()`;
      case 18: return `${this.of('entity', d)}.hasTag(${this.of('string', d)})`;
      case 19: return `${this.of('ip', d)}.${r.pick(['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast'])}()`;
      case 20: return `${this.of('ip', d)}.isInRange(${this.of('ip', d)})`;
      case 21: return `${this.of('decimal', d)}.${r.pick(['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'])}(${this.of('decimal', d)})`;
      default: return r.pick(['true', 'false']);
    }
  }

  long(depth) {
    const r = this.random;
    if (depth <= 0 || r.chance(0.4)) return r.chance(0.7) ? String(r.below(20) - 5) : r.pick(LONGS);
    const d = depth - 1;
    switch (r.below(5)) {
      case 0: return `(${this.of('long', d)} ${r.pick(['+', '-', '*'])} ${this.of('long', d)})`;
      case 1: return `-(${this.of('long', d)})`;
      case 2: return `(${this.of('long', d)} + ${this.of('long', d)} - ${this.of('long', d)} * 2)`;
      case 3: return `${this.of('duration', d)}.${r.pick(['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays'])}()`;
      default: return `--${r.below(9)}`;
    }
  }

  string() {
    return quote(this.random.pick(STRINGS));
  }

  pattern() {
    const r = this.random;
    let out = '"';
    for (let i = r.below(5); i > 0; --i) out += r.pick(['*', '*', 'a', 'b', 'c', '\\*', 'ä', '日', '\\n', 'x', '\\u{2a}']);
    return out + '"';
  }

  entity() {
    const r = this.random;
    if (r.chance(0.5)) return r.pick(['principal', 'resource', 'action', 'principal', 'resource']);
    return entityText(r.pick(this.entities));
  }

  list(type, depth) {
    const items = [];
    for (let i = this.random.below(4); i > 0; --i) items.push(this.of(type, depth));
    return items.join(', ');
  }

  set(depth) {
    const r = this.random;
    if (depth <= 0) return r.pick(['[]', '[1, 2]', '["a", "b"]', '[true]']);
    return `[${this.list(r.pick(TYPES), depth - 1)}]`;
  }

  attribute() {
    const name = this.random.pick(ATTRIBUTES);
    return name.includes(' ') || this.random.chance(0.2) ? quote(name) : name;
  }

  record(depth) {
    const r = this.random;
    if (depth <= 0 || r.chance(0.3)) return r.pick(['{}', '{n: 1}', 'context', '{"a b": "x", n: 2}']);
    const keys = new Set();
    for (let i = r.below(4); i > 0; --i) keys.add(this.attribute());
    const seen = new Set();
    const fields = [];
    for (const key of keys) {
      const plain = key.replaceAll('"', '');
      if (seen.has(plain) && !r.chance(0.05)) continue;
      seen.add(plain);
      fields.push(`${key}: ${this.any(depth - 1)}`);
    }
    return `{${fields.join(', ')}}`;
  }

  constructorCall(name, texts, depth) {
    const r = this.random;
    if (r.chance(0.02)) return `${name}()`;
    if (r.chance(0.02)) return `${name}("1", "2")`;
    if (depth > 0 && r.chance(0.05)) return `${name}(${this.of('string', depth - 1)})`;
    return `${name}(${quote(r.pick(texts))})`;
  }

  ip(depth) {
    return this.constructorCall('ip', IPS, depth);
  }

  decimal(depth) {
    return this.constructorCall('decimal', DECIMALS, depth);
  }

  datetime(depth) {
    const d = depth - 1;
    if (depth > 0 && this.random.chance(0.3)) return `${this.of('datetime', d)}.offset(${this.of('duration', d)})`;
    if (depth > 0 && this.random.chance(0.15)) return `${this.of('datetime', d)}.toDate()`;
    return this.constructorCall('datetime', DATETIMES, depth);
  }

  duration(depth) {
    const d = depth - 1;
    if (depth > 0 && this.random.chance(0.2)) return `${this.of('datetime', d)}.durationSince(${this.of('datetime', d)})`;
    if (depth > 0 && this.random.chance(0.15)) return `${this.of('datetime', d)}.toTime()`;
    return this.constructorCall('duration', DURATIONS, depth);
  }
}
