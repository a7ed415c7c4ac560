import type { ContestEvent } from '#libs/storage';
import { type Decoded, decodeStorable } from './decode-storable.js';

/** Reads a record of one of the topics that contests are made of, and makes sure that the tables can hold it. */
export const decodeContest = (value: Buffer, topic: string): Decoded<ContestEvent> =>
  decodeStorable(value, topic, 'CONTEST_EVENT_NOT_STORABLE', namesOf);

function namesOf({ source, id, ...event }: ContestEvent): string[] {
  if (event.type === 'retract') return [event.data.ref.source, event.data.ref.id, event.data.actor];
  const name = event.type === 'contest.entry' ? event.data.entry : event.data.voter;
  return [event.data.contest, name, source, id];
}
