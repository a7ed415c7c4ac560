import { attackerKinds } from './attackers.js';

/**
 * How many attackers of each kind `--attackers` asks for: a number, shared out over all kinds in turn, or a list as
 * `brute-force=3,probing`. Gives a sentence where it is neither.
 */
export function attackerCounts(given: string): Map<string, number> | string {
  const names = attackerKinds.map((kind) => kind.name);
  const counts = new Map<string, number>();
  if (/^\d{1,3}$/.test(given)) {
    for (let i = 0; i < Number(given); i++) add(counts, names[i % names.length], 1);
    return counts;
  }
  for (const part of given.split(',')) {
    const [, name, count] = /^([a-z-]+)(?:=(\d{1,3}))?$/.exec(part.trim()) ?? [];
    if (!names.includes(name))
      return `--attackers takes a number or a list such as brute-force=3,probing of: ${names.join(', ')}.`;
    add(counts, name, Number(count ?? 1));
  }
  return counts;
}

function add(counts: Map<string, number>, name: string, more: number): void {
  counts.set(name, (counts.get(name) ?? 0) + more);
}
