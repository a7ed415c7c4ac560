import type { Expected, StoredRule } from '#libs/storage';
import { invalidQuery } from '../http/problems.js';
import type { LiveRules } from './live-rules.js';

/** The ETag of what people change is the number of its last change. */
export const etagOf = (change: number): string => `"${change}"`;

/** What If-Match says; nothing or `*`: whatever is there. Throws a 400 problem where it is none of our ETags. */
export function expectedOf(id: string, ifMatch: string | undefined): Expected {
  if (ifMatch === undefined || ifMatch === '*') return {};
  const [, change] = /^"(\d{1,15})"$/.exec(ifMatch.trim()) ?? [];
  if (change === undefined) {
    throw invalidQuery([{ field: 'If-Match', message: 'must be an ETag as GET gave it' }]);
  }
  return { [id]: Number(change) };
}

/** By id or name. */
export function findStored({ stored }: LiveRules, idOrName: string): StoredRule | undefined {
  return stored.get(idOrName) ?? [...stored.values()].find(({ name }) => name === idOrName);
}
