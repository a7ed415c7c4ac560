import type { DataSource } from 'typeorm';
import { type Decision, DecisionBook } from '#libs/blocking';
import { StorageError } from '../errors.js';
import { allowlistEver } from '../silences/silence-store.js';
import { storable } from '../storable.js';
import { allowEntry } from './decision-ledger.js';
import { type DecisionRow, decisionOf, fromDecisions } from './decision-row.js';

/** What to list. All that is given must hold. */
export interface DecisionQuery {
  /** Who is blocked then, ms since the epoch. */
  at: number;
  /** Also those that block nobody at that time. */
  history?: boolean;
  type?: string;
  scope?: string;
  /** Any of these. */
  values?: readonly string[];
  /** Id or name of the rule that raised it. */
  rule?: string;
  alert?: string;
  cursor?: string;
  limit: number;
}

export type DecisionState = 'active' | 'pending' | 'expired' | 'lifted' | 'allowlisted' | 'refused';

export interface ListedDecision {
  decision: Decision;
  /** At the time that was asked for. */
  state: DecisionState;
  /** Ids of the allowlist's entries that lift it. */
  allowedBy: string[];
}

export interface DecisionPage {
  items: ListedDecision[];
  next: string | null;
}

/** The latest begun first. Rejects with CURSOR_INVALID. */
export async function listDecisions(database: DataSource, query: DecisionQuery): Promise<DecisionPage> {
  const entries = (await allowlistEver(database)).map(allowEntry);
  const items: ListedDecision[] = [];
  for (let { cursor } = query; ; ) {
    const { where, parameters } = conditions({ ...query, cursor });
    const rows = await database.query<DecisionRow[]>(
      `${fromDecisions} WHERE ${where} ORDER BY d.starts_at DESC, d.uuid DESC LIMIT ${query.limit + 1}`,
      parameters,
    );
    const book = new DecisionBook();
    book.allow(entries);
    for (const [i, row] of rows.entries()) {
      if (items.length === query.limit) return { items, next: cursor! };
      if (i === query.limit) break;
      const decision = decisionOf(row);
      book.put(decision);
      cursor = cursorAt(decision);
      const allowedBy = book.allowing(decision.uuid, query.at).map(({ id }) => id);
      const state = stateOf(decision, allowedBy, query.at);
      if (query.history || state === 'active') items.push({ decision, state, allowedBy });
    }
    if (rows.length <= query.limit) return { items, next: null };
  }
}

function stateOf(
  { guard, startsAt, until, liftedAt }: Decision,
  allowedBy: readonly string[],
  at: number,
): DecisionState {
  if (guard !== null) return 'refused';
  if (at < startsAt) return 'pending';
  if (liftedAt !== null && at >= liftedAt) return 'lifted';
  if (at >= until) return 'expired';
  return allowedBy.length > 0 ? 'allowlisted' : 'active';
}

function conditions(query: DecisionQuery): { where: string; parameters: unknown[] } {
  const terms: string[] = ['true'];
  const parameters: unknown[] = [];
  const bind = (value: unknown) => `$${parameters.push(typeof value === 'string' ? storable(value) : value)}`;
  if (!query.history) {
    const at = bind(new Date(query.at));
    terms.push(`d.starts_at <= ${at} AND d.until > ${at} AND d.guard IS NULL AND (l.at IS NULL OR l.at > ${at})`);
  }
  if (query.type) terms.push(`d.type = ${bind(query.type)}`);
  if (query.scope) terms.push(`d.scope = ${bind(query.scope)}`);
  if (query.values) terms.push(`d.value = ANY (${bind(query.values.map(storable))}::text[])`);
  if (query.alert) terms.push(`d.alert_id = ${bind(query.alert)}`);
  if (query.rule) {
    const rule = bind(query.rule);
    terms.push(`(d.rule_id = ${rule} OR d.rule_name = ${rule})`);
  }
  if (query.cursor !== undefined) {
    const { startsAt, uuid } = readCursor(query.cursor);
    terms.push(`(d.starts_at, d.uuid) < (${bind(new Date(startsAt))}::timestamptz, ${bind(uuid)})`);
  }
  return { where: terms.join(' AND '), parameters };
}

function cursorAt({ startsAt, uuid }: Decision): string {
  return Buffer.from(`${startsAt} ${uuid}`).toString('base64url');
}

function readCursor(cursor: string): { startsAt: number; uuid: string } {
  const found = /^(\d{1,15}) ([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (found) return { startsAt: Number(found[1]), uuid: found[2] };
  throw new StorageError('CURSOR_INVALID', 'That cursor is not one of ours. Start again without it.', { cursor });
}
