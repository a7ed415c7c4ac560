import type { EntityManager } from 'typeorm';
import type { Choice } from '#libs/ranking';
import type { Send } from '../database/pipelined.js';
import { preparedForFew } from '../database/prepared.js';
import { networkOf } from './network.sql.js';
import { isSuspect, namedKeys, suspectColumns } from './suspect-columns.sql.js';
import { textArray } from './text-array.js';

/** What an alert says against votes: of a voter, an address, a network or a day (and of one contest, for one entry, where it names them). */
export interface Suspect {
  alert: string;
  rule: string;
  contest: string | null;
  voter: string | null;
  ip: string | null;
  /** As `networkOf` has it. */
  network: string | null;
  /** The day on which accounts were made. */
  accountCreatedOn: string | null;
  entry: string | null;
  /** ms; votes between these two are meant. */
  firstSeen: number;
  closedAt: number;
  /** ms; of a contest that had ended before, it says nothing. */
  openedAt: number;
}

/** A vote as it can be suspected. */
export interface CastVote {
  contest: string;
  voter: string;
  ip: string | null;
  accountCreatedOn: string | null;
  /** ms */
  at: number;
  choice: Choice;
}

interface SuspectRow {
  alert: string;
  rule: string;
  contest: string | null;
  voter: string | null;
  ip: string | null;
  network: string | null;
  account_created_on: string | null;
  entry: string | null;
  first_seen: Date;
  opened_at: Date;
  closed_at: Date | null;
}

const columns = 'alert, rule, contest, voter, ip, network, account_created_on, entry, first_seen, opened_at, closed_at';

/** What votes are named by, the first of which a suspect is found by. */
const keys = ['voter', 'ip', 'network', 'accountCreatedOn'] as const;
type Named = Readonly<Record<(typeof keys)[number], string | null>>;

/** Suspects by what they are found by. */
export class Suspects {
  /** By key, then by its value and the contest, where the suspect names one. */
  private readonly found: readonly ReadonlyMap<string, Suspect[]>[];

  /** `networks`: of addresses of votes, where a suspect names the network. */
  constructor(
    private readonly suspects: readonly Suspect[],
    private readonly networks: ReadonlyMap<string, string>,
  ) {
    const byKey = Map.groupBy(suspects, (suspect) => keys.find((key) => suspect[key] !== null));
    this.found = keys.map((key) =>
      Map.groupBy(byKey.get(key) ?? [], (suspect) => placeOf(suspect[key]!, suspect.contest)),
    );
  }

  /** Names of the rules that the vote is discounted for, ascending; null: none. `until`: see ContestState. */
  rulesAgainst(vote: CastVote, until: number): string[] | null {
    if (this.suspects.length === 0) return null;
    const { voter, ip, accountCreatedOn } = vote;
    const named: Named = { voter, ip, network: (ip && this.networks.get(ip)) || null, accountCreatedOn };
    const some: Suspect[] = [];
    for (let i = 0; i < keys.length; i++) {
      const value = named[keys[i]];
      if (value === null || this.found[i].size === 0) continue;
      some.push(...(this.found[i].get(value) ?? []), ...(this.found[i].get(placeOf(value, vote.contest)) ?? []));
    }
    if (some.length === 0) return null;
    const hits = some.filter((one) => one.openedAt <= until && isMeant(one, vote, named));
    return hits.length === 0 ? null : [...new Set(hits.map(({ rule }) => rule))].sort();
  }
}

const placeOf = (value: string, contest: string | null): string => (contest === null ? value : `${value}\0${contest}`);

/** Of a suspect of the vote's contest, or of any. */
function isMeant(suspect: Suspect, { at, choice }: CastVote, named: Named): boolean {
  if (suspect.firstSeen > at || at > suspect.closedAt) return false;
  if (suspect.entry !== null && suspect.entry !== entryOf(choice)) return false;
  return keys.every((key) => suspect[key] === null || suspect[key] === named[key]);
}

/** The entry that a vote speaks for, or of. */
function entryOf(choice: Choice): string | null {
  if ('entry' in choice) return choice.entry;
  return 'winner' in choice ? choice.winner : null;
}

/** Those that may speak against the votes. */
export async function suspectsOf(manager: EntityManager, votes: readonly CastVote[]): Promise<Suspects> {
  if (votes.length === 0) return new Suspects([], new Map());
  const ips = textArray([...new Set(votes.map(({ ip }) => ip))]);
  const named = [
    textArray(votes.map(({ voter }) => voter)),
    ips,
    textArray([...new Set(votes.map(({ accountCreatedOn }) => accountCreatedOn))]),
    textArray([...new Set(votes.map(({ contest }) => contest))]),
    new Date(votes.reduce((least, { at }) => Math.min(least, at), Infinity)),
    new Date(votes.reduce((most, { at }) => Math.max(most, at), -Infinity)),
  ];
  const suspects = (await manager.query<SuspectRow[]>(suspectsSql(votes.length), named)).map(suspectOf);
  const networks = [...new Set(suspects.flatMap(({ network }) => network ?? []))];
  if (networks.length === 0) return new Suspects(suspects, new Map());
  const within = await manager.query<{ ip: string; network: string }[]>(networksSql, [ips, textArray(networks)]);
  return new Suspects(suspects, new Map(within.map(({ ip, network }) => [ip, network])));
}

/** $1 addresses, $2 networks. The addresses that are in one of them. */
const networksSql = `
  SELECT ip, network FROM (SELECT ip, ${networkOf('ip')} AS network FROM unnest($1::text[]) AS asked (ip)) AS asked
  WHERE network = ANY ($2::text[])`;

/** $1 voters, $2 addresses, $3 days; by the first that a suspect names. $4 contests, $5 and $6: moments of the first vote and the last. */
const suspectsSql = preparedForFew(`
  SELECT ${columns} FROM (
    SELECT ${columns} FROM computed.contest_suspect WHERE voter = ANY ($1::text[])
    UNION ALL
    SELECT ${columns} FROM computed.contest_suspect WHERE ip = ANY ($2::text[]) AND voter IS NULL
    UNION ALL
    SELECT ${columns} FROM computed.contest_suspect
    WHERE network IN (SELECT ${networkOf('ip')} FROM unnest($2::text[]) AS asked (ip)) AND voter IS NULL AND ip IS NULL
    UNION ALL
    SELECT ${columns} FROM computed.contest_suspect
    WHERE account_created_on = ANY ($3::text[]) AND voter IS NULL AND ip IS NULL AND network IS NULL
  ) AS found
  WHERE (contest IS NULL OR contest = ANY ($4::text[]))
    AND coalesce(closed_at, 'infinity') >= $5::timestamptz AND first_seen <= $6::timestamptz`);

/** Of an alert that changed: what it said against votes before, and says now. */
export interface SuspectChange {
  alert: string;
  before: Suspect | null;
  now: Suspect | null;
}

/**
 * What follows from changes of alerts from the given one on, at most so many; and the first change that is not among them. From 0, as when alerts are
 * computed again, first what is left of alerts that are not there any more.
 */
export async function suspectChanges(
  manager: EntityManager,
  from: number,
  alertsMax: number,
): Promise<{ changes: SuspectChange[]; next: number; isAll: boolean }> {
  const gone = from === 0 ? await manager.query<SuspectRow[]>(goneSql, [alertsMax]) : [];
  if (gone.length > 0) {
    const changes = gone.map((row) => ({ alert: row.alert, before: suspectOf(row), now: null }));
    return { changes, next: from, isAll: false };
  }
  const rows = await manager.query<(SuspectRow & { change: string; stands: boolean })[]>(
    `SELECT a.id AS alert, a.rule_name AS rule, ${suspectColumns}, a.first_seen, a.opened_at, a.closed_at, a.change,
       ${isSuspect} AS stands
     FROM computed.alert a WHERE a.change >= $1 ORDER BY a.change LIMIT $2`,
    [from, alertsMax],
  );
  const stored = await manager.query<SuspectRow[]>(
    `SELECT ${columns} FROM computed.contest_suspect WHERE alert = ANY ($1::text[])`,
    [rows.map(({ alert }) => alert)],
  );
  const before = new Map(stored.map((row) => [row.alert, suspectOf(row)]));
  const changes = rows.map((row) => {
    const isAbout = row.stands && namedKeys.some((key) => row[key] !== null);
    return { alert: row.alert, before: before.get(row.alert) ?? null, now: isAbout ? suspectOf(row) : null };
  });
  return {
    changes: changes.filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.now)),
    next: rows.length === 0 ? from : Number(rows.at(-1)!.change) + 1,
    isAll: rows.length < alertsMax,
  };
}

/** $1: how many. */
const goneSql = `
  SELECT ${columns} FROM computed.contest_suspect s
  WHERE NOT EXISTS (SELECT FROM computed.alert a WHERE a.id = s.alert) LIMIT $1`;

/** From now on they are what `suspectsOf` finds. */
export function writeSuspects(send: Send, changes: readonly SuspectChange[]): void {
  send('DELETE FROM computed.contest_suspect WHERE alert = ANY ($1::text[])', [changes.map(({ alert }) => alert)]);
  const rows = changes.flatMap(({ now }) => (now ? [rowOf(now)] : []));
  send(
    `INSERT INTO computed.contest_suspect (${columns})
     SELECT ${columns} FROM json_populate_recordset(null::computed.contest_suspect, $1::json)`,
    [JSON.stringify(rows)],
  );
}

function suspectOf({ first_seen, opened_at, closed_at, account_created_on, ...row }: SuspectRow): Suspect {
  const { alert, rule, contest, voter, ip, network, entry } = row;
  return {
    ...{ alert, rule, contest, voter, ip, network, entry },
    accountCreatedOn: account_created_on,
    firstSeen: first_seen.getTime(),
    closedAt: closed_at?.getTime() ?? Infinity,
    openedAt: opened_at.getTime(),
  };
}

function rowOf({ firstSeen, closedAt, openedAt, accountCreatedOn, ...suspect }: Suspect): object {
  return {
    ...suspect,
    account_created_on: accountCreatedOn,
    first_seen: new Date(firstSeen),
    opened_at: new Date(openedAt),
    closed_at: closedAt === Infinity ? null : new Date(closedAt),
  };
}
