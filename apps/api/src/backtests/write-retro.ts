import type { DataSource } from 'typeorm';
import { type Alert, alert, type CloudEvent, encodeEvent, topics } from '#libs/events';
import type { Log } from '#libs/log';
import { knownEpisodes } from '#libs/storage';

/** Writes alerts that were raised afterwards to the log, but for those that there are already. */
export async function writeRetro(
  log: Log,
  database: DataSource,
  events: readonly CloudEvent<Alert>[],
): Promise<{ alerts: number; known: number }> {
  const known = await knownEpisodes(
    database,
    events.map(({ data }) => data),
  );
  const fresh = events.filter(({ data }) => !known.has(data.id));
  const records = fresh.map((event) => ({
    key: Buffer.from(alert.key(event.data as unknown as Record<string, unknown>)),
    time: Date.parse(event.data.lastSeen),
    value: encodeEvent(event),
  }));
  if (records.length > 0) await log.append(topics.alert, records);
  return { alerts: fresh.length, known: known.size };
}
