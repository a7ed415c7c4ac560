import type { FeedEvent } from '#libs/storage';
import { type Decoded, decodeStorable } from './decode-storable.js';

/** Reads a record of one of the topics that feeds are made of, and makes sure that the tables can hold it. */
export const decodeFeed = (value: Buffer, topic: string): Decoded<FeedEvent> =>
  decodeStorable(value, topic, 'FEED_EVENT_NOT_STORABLE', namesOf);

function namesOf({ source, id, ...event }: FeedEvent): string[] {
  if (event.type === 'retract') return [event.data.ref.source, event.data.ref.id, event.data.actor];
  if (event.type === 'share') return [event.data.actor, source, id];
  const other = event.type === 'relation' ? event.data.target : (event.data.sharer ?? '');
  return [event.data.actor, other];
}
