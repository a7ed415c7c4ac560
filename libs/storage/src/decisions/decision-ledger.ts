import type { DataSource } from 'typeorm';
import { type AllowEntry, type Decision, DecisionBook } from '#libs/blocking';
import { holdsFrom, holdsUntil, type Silence } from '../silences/silence.js';
import { allowlistEver } from '../silences/silence-store.js';
import { type DecisionRow, decisionOf, fromDecisions } from './decision-row.js';

/** So many decisions are kept in memory; some 700 bytes each. */
const DECISIONS_MAX = 1_000_000;

/** Rows that are in memory while they are read. */
const READ_DECISIONS = 20_000;

/** How long decisions stay in memory after their end. */
const KEPT_MS = 3_600_000;

/**
 * Who is blocked now, in memory, for those who ask every few seconds: what changed since the last time is read from the
 * tables. Methods reject where the database does.
 */
export class DecisionLedger {
  private readonly book = new DecisionBook();
  private seen = 0;
  private forgotten = 0;
  private leftOut = 0;
  private reading: Promise<void> = Promise.resolve();

  /** `note` is told how many are kept, and how many there was no room for: those that changed last. */
  constructor(
    private readonly database: DataSource,
    private readonly note: (kept: number, leftOut: number) => void = () => {},
    private readonly decisionsMax = DECISIONS_MAX,
  ) {}

  /** Complete up to now, for times from `at` on. */
  async upTo(at: number): Promise<DecisionBook> {
    const turn = this.reading.then(() => this.read(at));
    this.reading = turn.catch(() => {});
    await turn;
    return this.book;
  }

  private async read(at: number): Promise<void> {
    const newest = await this.newest();
    if (newest !== this.seen) {
      const allowed = await this.database.query<{ found: boolean }[]>(
        `SELECT EXISTS (SELECT FROM decided.silence WHERE kind = 'allowlist' AND change > $1) AS found`,
        [this.seen],
      );
      if (allowed[0].found) this.book.allow((await allowlistEver(this.database)).map(allowEntry));
      await this.readChanged(at);
      this.seen = newest;
    }
    if (this.leftOut > 0 || at - this.forgotten >= KEPT_MS / 2) this.forget(at);
    this.note(this.book.size, this.leftOut);
  }

  private put(decision: Decision): void {
    if (this.book.size < this.decisionsMax || this.book.has(decision.uuid)) this.book.put(decision);
    else this.leftOut++;
  }

  /** Where some were left out none stays that has ended; where that makes room, all are read again the next time. */
  private forget(at: number): void {
    const { size } = this.book;
    this.book.forget(this.leftOut > 0 ? at : at - KEPT_MS);
    this.forgotten = at;
    if (this.leftOut > 0 && this.book.size < size) this.seen = 0;
  }

  private async newest(): Promise<number> {
    const [{ newest }] = await this.database.query<{ newest: string }[]>(
      `SELECT greatest(0, (SELECT max(change) FROM computed.decision), (SELECT max(change) FROM decided.decision),
         (SELECT max(change) FROM decided.decision_lift), (SELECT max(change) FROM decided.silence)) AS newest`,
    );
    return Number(newest);
  }

  private async readChanged(at: number): Promise<void> {
    const since = new Date(this.leftOut > 0 ? at : at - KEPT_MS);
    if (this.seen === 0) this.leftOut = 0;
    let rows: (DecisionRow & { change: string })[];
    let after: string | number = this.seen;
    do {
      rows = await this.database.query(
        `${fromDecisions} WHERE d.change > $1 AND d.until > $2 ORDER BY d.change LIMIT ${READ_DECISIONS}`,
        [after, since],
      );
      for (const row of rows) this.put(decisionOf(row));
      after = rows.at(-1)?.change ?? after;
    } while (rows.length === READ_DECISIONS);
    if (this.seen > 0) await this.readLifted();
  }

  private async readLifted(): Promise<void> {
    const lifts = await this.database.query<{ uuid: string }[]>(
      'SELECT uuid FROM decided.decision_lift WHERE change > $1',
      [this.seen],
    );
    if (lifts.length === 0) return;
    const uuids = lifts.map(({ uuid }) => uuid);
    const lifted = await this.database.query<DecisionRow[]>(`${fromDecisions} WHERE d.uuid = ANY ($1)`, [uuids]);
    for (const row of lifted) this.put(decisionOf(row));
  }
}

export function allowEntry(silence: Silence): AllowEntry {
  return { id: silence.id, matchers: silence.matchers, from: holdsFrom(silence), until: holdsUntil(silence) };
}
