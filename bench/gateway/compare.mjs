// Prints our figures beside the peer's, each with its ratio and the bar of the design.
import fs from 'node:fs';

const [ours, peer] = process.argv.slice(2).map((file) => JSON.parse(fs.readFileSync(file, 'utf8')));
console.log(`${ours.target} beside ${peer.target}`);
const flat = (value, path, out) => {
  if (typeof value === 'number') out[path] = value;
  else if (value && typeof value === 'object' && !Array.isArray(value)) {
    for (const [key, member] of Object.entries(value)) flat(member, path ? `${path}.${key}` : key, out);
  }
  return out;
};
const a = flat(ours, '', {});
const b = flat(peer, '', {});
for (const key of Object.keys(a)) {
  if (!/median|rssMB|pssMB|msgPerSec|PerMsg|ToReady|perSecond/i.test(key) || b[key] === undefined) continue;
  const ratio = a[key] === 0 ? '' : (b[key] / a[key]).toFixed(1);
  console.log(`${key.padEnd(58)} ${String(a[key]).padStart(10)} ${String(b[key]).padStart(10)}  x${ratio}`);
}
