import type { EntityManager } from 'typeorm';
import type { Interaction, Suspicion } from '#libs/feed';
import { storable } from '../storable.js';
import { interactionsSql } from './interactions.sql.js';
import { suspicionsSql } from './suspicions.sql.js';

/** Of what a user did about others' shares the newest so many count; and of their re-shares as many. */
const INTERACTIONS_MAX = 500;

/** What the user with this number did about others' shares. */
export async function interactionsOf(manager: EntityManager, user: number): Promise<Interaction[]> {
  const rows = await manager.query<(Omit<Interaction, 'at'> & { at: Date })[]>(interactionsSql, [
    user,
    INTERACTIONS_MAX,
  ]);
  return rows.map((row) => ({ ...row, at: row.at.getTime() }));
}

/** Open alerts of these rules that name one of these people as `actor`, unless somebody marked them as false positives. */
export async function suspicionsOf(
  manager: EntityManager,
  people: readonly string[],
  rules: readonly string[],
): Promise<Map<string, Suspicion[]>> {
  if (people.length === 0 || rules.length === 0) return new Map();
  const names = people.map(storable);
  const given = [rules.map(storable), names, names.map((name) => `actor:${name}`)];
  const rows = await manager.query<(Suspicion & { sharer: string })[]>(suspicionsSql, given);
  return new Map(
    [...Map.groupBy(rows, ({ sharer }) => sharer)].map(([sharer, all]) => {
      return [sharer, all.map(({ rule, alert }) => ({ rule, alert }))];
    }),
  );
}
