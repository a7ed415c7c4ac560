import { alertEvent } from '#libs/detection';
import type { Alert, CloudEvent } from '#libs/events';
import { idOf } from './episodes.js';
import type { PassChange } from './pass.js';
import type { LogReader } from './recorded-range.js';
import { evidenceOf } from './shown-alerts.js';

/**
 * Episodes as alert events that say that they were raised afterwards. An alert has the identity that it would have had;
 * of its kind of events there is one, before all that live detection says of it.
 */
export async function retroEvents(log: LogReader, episodes: readonly PassChange[]): Promise<CloudEvent<Alert>[]> {
  const events: CloudEvent<Alert>[] = [];
  for (const change of episodes) {
    const { group, evidence } = await evidenceOf(log, change, change.view.evidence.length);
    const position = { partition: change.position.partition, offset: 0 };
    const references = evidence.map(({ time, ...reference }) => ({ ...reference, timeMs: Date.parse(time) }));
    const event = alertEvent({ ...change, position }, group, references);
    events.push({ ...event, id: `${idOf(change)}/retro`, data: { ...event.data, retro: true } });
  }
  return events;
}
