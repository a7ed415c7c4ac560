import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import { type Decision, type DecisionType, numberOf } from '#libs/blocking';
import type { Clock } from '#libs/clock';
import { writeAudit } from '../audit/write-audit.js';
import { once } from '../idempotency/once.js';
import { storable } from '../storable.js';
import { type DecisionRow, decisionOf, fromDecisions } from './decision-row.js';
import { lockBlockingSql } from './lock-blocking.sql.js';

export interface NewDecision {
  type: DecisionType;
  scope: string;
  value: string;
  durationMs: number;
  reason: string;
}

/** What people decide about who is blocked, with its audit. Methods reject where the database does. */
export class DecisionStore {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  /** By uuid, or by the number that bouncers know. */
  async find(id: string): Promise<Decision | null> {
    const condition = /^\d{1,16}$/.test(id) ? 'd.id = $1' : 'd.uuid = $1';
    const [row] = await this.database.query<DecisionRow[]>(`${fromDecisions} WHERE ${condition} LIMIT 1`, [
      storable(id),
    ]);
    return row ? decisionOf(row) : null;
  }

  /** What a `request` asks for is done once. */
  async add(given: NewDecision, actor: string, request?: KeyedRequest): Promise<Decision> {
    const at = new Date(this.clock.now());
    const uuid = randomUUID();
    const until = new Date(at.getTime() + given.durationMs);
    const [type, scope, value, reason] = [given.type, given.scope, given.value, given.reason].map(storable);
    await this.database.transaction(async (manager) => {
      await once(manager, request);
      await manager.query(lockBlockingSql);
      await manager.query(
        `INSERT INTO decided.decision (uuid, id, type, scope, value, starts_at, until, author, reason, change)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, nextval('decided.blocking_change'))`,
        [uuid, numberOf(uuid), type, scope, value, at, until, actor, reason],
      );
      const facts = { type, scope, value, until, reason };
      await writeAudit(manager, { at, actor, action: 'decision.created', subject: `decision:${uuid}`, facts });
    });
    return (await this.find(uuid))!;
  }

  /** Lifts those that nobody lifted before; returns how many they were. */
  async lift(
    decisions: readonly Pick<Decision, 'uuid' | 'type' | 'scope' | 'value'>[],
    actor: string,
  ): Promise<number> {
    const at = new Date(this.clock.now());
    return this.database.transaction(async (manager) => {
      await manager.query(lockBlockingSql);
      const rows = await manager.query<{ uuid: string }[]>(
        `INSERT INTO decided.decision_lift (uuid, at, actor, change)
         SELECT uuid, $2, $3, nextval('decided.blocking_change') FROM unnest($1::text[]) AS given (uuid)
         ON CONFLICT DO NOTHING RETURNING uuid`,
        [decisions.map(({ uuid }) => uuid), at, actor],
      );
      const lifted = new Set(rows.map(({ uuid }) => uuid));
      for (const { uuid, ...facts } of decisions) {
        if (!lifted.has(uuid)) continue;
        const { type, scope, value } = facts;
        const entry = {
          at,
          actor,
          action: 'decision.lifted',
          subject: `decision:${uuid}`,
          facts: { type, scope, value },
        };
        await writeAudit(manager, entry);
      }
      return lifted.size;
    });
  }
}

/** By the numbers that bouncers know. */
export async function decisionsByNumber(
  database: Pick<DataSource, 'query'>,
  ids: readonly number[],
): Promise<Decision[]> {
  const rows = await database.query<DecisionRow[]>(`${fromDecisions} WHERE d.id = ANY ($1::bigint[])`, [ids]);
  return rows.map(decisionOf);
}
