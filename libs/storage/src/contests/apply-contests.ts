import type { DataSource, EntityManager } from 'typeorm';
import type { ContestEntry, Exposure, Retract, Vote } from '#libs/events';
import { type Choice, choiceOf } from '#libs/ranking';
import type { Send } from '../database/pipelined.js';
import { advance, type Progress } from '../positions/advance.js';
import { storable } from '../storable.js';
import { applyEntries } from './apply-entries.js';
import { applyRetractions, type NewRetraction } from './apply-retractions.js';
import { applyVotes } from './apply-votes.js';
import { insertExposuresSql } from './insert-exposures.sql.js';
import type { StoredVote } from './votes.js';

/** What contests are made of, by event type. */
export type ContestEvent = { source: string; id: string /** ms */; at: number } & (
  | { type: 'vote'; data: Vote }
  | { type: 'contest.entry'; data: ContestEntry }
  | { type: 'retract'; data: Retract }
  | { type: 'exposure'; data: Exposure }
);

export interface ContestRecord {
  offset: number;
  event: ContestEvent;
}

/**
 * Writes records and the positions behind them, see `advance`; and what follows from them for live votes and tallies. Rows of
 * votes, entries, retractions and exposures are only ever added, each once: their order means nothing.
 */
export function applyContests(database: DataSource, read: readonly Progress<ContestRecord>[]): Promise<boolean> {
  return advance(database, read, async (manager, records, send) => {
    for (const [type, some] of Map.groupBy(records, ({ event }) => event.type))
      await apply[type](
        manager,
        some.map(({ event }) => event),
        send,
      );
  });
}

type EventOf<T extends ContestEvent['type']> = Extract<ContestEvent, { type: T }>;

const apply: {
  [T in ContestEvent['type']]: (manager: EntityManager, events: readonly ContestEvent[], send: Send) => Promise<void>;
} = {
  vote: (manager, events, send) => applyVotes(manager, (events as EventOf<'vote'>[]).map(voteOf), send),
  'contest.entry': (manager, events, send) =>
    applyEntries(manager, (events as EventOf<'contest.entry'>[]).map(entryOf), send),
  retract: (manager, events, send) =>
    applyRetractions(manager, (events as EventOf<'retract'>[]).map(retractionOf), send),
  exposure: async (_, events, send) => {
    send(insertExposuresSql, [JSON.stringify((events as EventOf<'exposure'>[]).map(exposureOf))]);
  },
};

function voteOf({ source, id, at, data }: EventOf<'vote'>): StoredVote {
  return {
    contest: storable(data.contest),
    voter: storable(data.voter),
    at,
    source: storable(source),
    id: storable(id),
    ip: data.ip ?? null,
    accountCreatedOn: data.accountCreatedOn ?? null,
    choice: storableChoice(choiceOf(data)),
    live: false,
    rules: null,
  };
}

function entryOf({ source, id, at, data }: EventOf<'contest.entry'>) {
  return {
    contest: storable(data.contest),
    entry: storable(data.entry),
    at: new Date(at).toISOString(),
    source: storable(source),
    id: storable(id),
    actor: data.actor === undefined ? null : storable(data.actor),
    title: data.title === undefined ? null : storable(data.title),
    state: data.state === undefined ? null : storable(data.state),
  };
}

function retractionOf({ at, data: { ref, actor } }: EventOf<'retract'>): NewRetraction {
  return { source: storable(ref.source), id: storable(ref.id), actor: storable(actor), at };
}

function exposureOf({ source, id, at, data: { contest, voter, shown } }: EventOf<'exposure'>) {
  return {
    contest: storable(contest),
    voter: storable(voter),
    at: new Date(at).toISOString(),
    source: storable(source),
    id: storable(id),
    shown: shown.map(storable),
  };
}

function storableChoice(choice: Choice): Choice {
  if ('entry' in choice) return { entry: storable(choice.entry), value: choice.value };
  if ('winner' in choice) return { winner: storable(choice.winner), loser: storable(choice.loser) };
  return { ranking: choice.ranking.map(storable) };
}
