import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import type { Feedback, Relation, Retract, Share } from '#libs/events';
import { keyOf, shortKeyOf, viaOf } from '#libs/feed';
import { advance, type Progress } from '../positions/advance.js';
import { storable } from '../storable.js';
import { backfillInboxesSql } from './backfill-inboxes.sql.js';
import { deliverSharesSql } from './deliver-shares.sql.js';
import { insertShareRetractionsSql } from './insert-share-retractions.sql.js';
import { insertSharesSql } from './insert-shares.sql.js';
import { numberUsersSql } from './number-users.sql.js';
import { pullAuthorsSql } from './pull-authors.sql.js';
import { takeTurnSql } from './take-turn.sql.js';
import { trimInboxesSql } from './trim-inboxes.sql.js';
import { upsertFeedbackSql } from './upsert-feedback.sql.js';
import { upsertRelationsSql } from './upsert-relations.sql.js';

/** What feeds are made of, by event type. */
export type FeedEvent = { source: string; id: string /** ms */; at: number } & (
  | { type: 'share'; data: Share }
  | { type: 'relation'; data: Relation }
  | { type: 'retract'; data: Retract }
  | { type: 'feedback'; data: Feedback }
);

export interface FeedRecord {
  offset: number;
  event: FeedEvent;
}

export interface InboxOptions {
  /** Who has more followers has their shares pulled when feeds are read, instead of put into so many inboxes. */
  pushFollowersMax: number;
  /** References that an inbox holds; what is older is pulled. */
  inboxItemsMax: number;
}

export interface FeedsApplied {
  isApplied: boolean;
  /** References put into inboxes. */
  deliveries: number;
}

const STATEMENT_DELIVERIES_MAX = 50_000;

const relationKinds = { follow: 1, mute: 2, block: 3 } as const;
/** Kinds of feedback that take each other back share a slot. */
export const feedbackSlots = { seen: 1, open: 2, hide: 3, show: 3, less: 4, more: 4 } as const;

type Of<T extends FeedEvent['type']> = Extract<FeedEvent, { type: T }>;
type Numbers = (name: string) => number;

/**
 * Writes records and the positions behind them; see `advance`. Transactions take turns: of a follow and a share that come at the
 * same time the second finds the first. What ends up in the tables, but for turns and numbers, follows from the set of events.
 */
export async function applyFeeds(
  database: DataSource,
  read: readonly Progress<FeedRecord>[],
  options: InboxOptions,
): Promise<FeedsApplied> {
  let deliveries = 0;
  const isApplied = await advance(database, read, async (manager, records) => {
    const [{ turn }] = await manager.query<{ turn: string }[]>(takeTurnSql, [randomUUID().slice(0, 8)]);
    const events = records.map(({ event }) => event);
    const of = <T extends FeedEvent['type']>(type: T) => events.filter((event): event is Of<T> => event.type === type);
    const numbers = await numberUsers(manager, events);
    const retractions = of('retract').map(({ data: { ref, actor } }) => ({ ...ref, actor }));
    if (retractions.length > 0) await manager.query(insertShareRetractionsSql, [json(retractions)]);
    const feedback = of('feedback').map((event) => feedbackRow(event, numbers));
    if (feedback.length > 0) await manager.query(upsertFeedbackSql, [json(feedback)]);
    const relations = of('relation').map((event) => relationRow(event, numbers));
    // Follows first: what is shared in the same transaction is delivered to those who follow by then, and once.
    const follows =
      relations.length > 0
        ? await manager.query<{ user: number; author: number }[]>(upsertRelationsSql, [json(relations), turn])
        : [];
    const shares = of('share').map((event) => shareRow(event, numbers));
    const delivered = shares.length > 0 ? await deliver(manager, json(shares), turn, options) : { count: 0, full: [] };
    const backfilled = follows.length > 0 ? await backfill(manager, follows, options) : 0;
    const full = [...delivered.full, ...(backfilled > 0 ? follows.map(({ user }) => user) : [])];
    if (full.length > 0) await manager.query(trimInboxesSql, [full, options.inboxItemsMax]);
    deliveries = delivered.count + backfilled;
  });
  return { isApplied, deliveries: isApplied ? deliveries : 0 };
}

async function numberUsers(manager: EntityManager, events: readonly FeedEvent[]): Promise<Numbers> {
  const names = new Set(events.flatMap(namesIn).map(storable));
  if (names.size === 0) return () => 0;
  const rows = await manager.query<{ id: number; name: string }[]>(numberUsersSql, [[...names].sort()]);
  const numbers = new Map(rows.map(({ id, name }) => [name, id]));
  return (name) => numbers.get(storable(name))!;
}

function namesIn(event: FeedEvent): string[] {
  if (event.type === 'relation') return [event.data.actor, event.data.target];
  if (event.type === 'share') return [event.data.actor];
  if (event.type === 'retract') return [];
  return event.data.sharer === undefined ? [event.data.actor] : [event.data.actor, event.data.sharer];
}

async function deliver(manager: EntityManager, shares: string, turn: string, options: InboxOptions) {
  const added = await manager.query<{ author: number; at: Date; tie: string }[]>(insertSharesSql, [shares, turn]);
  if (added.length === 0) return { count: 0, full: [] };
  await manager.query(pullAuthorsSql, [added.map(({ author }) => author), options.pushFollowersMax]);
  const sum = { count: 0, full: [] as number[] };
  for (const some of inParts(added, options.pushFollowersMax)) {
    const places = [some.map(({ author }) => author), some.map(({ at }) => at), some.map(({ tie }) => tie)];
    const [row] = await manager.query<{ delivered: number; full: number[] }[]>(deliverSharesSql, places);
    sum.count += row.delivered;
    sum.full.push(...row.full);
  }
  return sum;
}

async function backfill(
  manager: EntityManager,
  follows: readonly { user: number; author: number }[],
  options: InboxOptions,
): Promise<number> {
  await manager.query(pullAuthorsSql, [follows.map(({ author }) => author), options.pushFollowersMax]);
  let sum = 0;
  for (const some of inParts(follows, options.inboxItemsMax)) {
    const given = [some.map(({ user }) => user), some.map(({ author }) => author), options.inboxItemsMax];
    const [{ delivered }] = await manager.query<{ delivered: number }[]>(backfillInboxesSql, given);
    sum += delivered;
  }
  return sum;
}

/** So that no statement delivers more than so many references, each of `all` up to `most`: one that takes too long is cancelled, and tried again for ever. */
function* inParts<T>(all: readonly T[], most: number): Generator<readonly T[]> {
  const size = Math.max(1, Math.floor(STATEMENT_DELIVERIES_MAX / Math.max(1, most)));
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}

const json = (rows: readonly object[]): string =>
  JSON.stringify(rows, (_, value: unknown) => (typeof value === 'string' ? storable(value) : value));

function relationRow({ source, id, at, data }: Of<'relation'>, numbers: Numbers): object {
  return {
    actor: numbers(data.actor),
    kind: relationKinds[data.kind],
    target: numbers(data.target),
    is_on: data.state === 'on',
    at: new Date(at).toISOString(),
    tie: shortKeyOf(source, id),
  };
}

function feedbackRow({ source, id, at, data }: Of<'feedback'>, numbers: Numbers): object {
  return {
    user_id: numbers(data.actor),
    item_key: objectKeyOf(data.item),
    slot: feedbackSlots[data.kind],
    sharer: data.sharer === undefined ? null : numbers(data.sharer),
    is_on: data.kind !== 'show' && data.kind !== 'more',
    at: new Date(at).toISOString(),
    tie: shortKeyOf(source, id),
  };
}

function shareRow({ source, id, at, data }: Of<'share'>, numbers: Numbers): object {
  const { actor, object, via, audience, text } = data;
  const ref = via === undefined ? null : viaOf(via, source);
  return {
    author: numbers(actor),
    at: new Date(at).toISOString(),
    tie: keyOf(storable(source), storable(id), storable(actor)),
    object_key: objectKeyOf(object.id),
    source,
    id,
    via_source: ref?.source,
    via_id: ref?.id,
    audience: typeof audience === 'string' ? [audience] : audience,
    object,
    text,
  };
}

/** What feeds know an object by. */
export const objectKeyOf = (id: string): string => keyOf(storable(id));
