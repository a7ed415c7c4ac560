import type { DataSource } from 'typeorm';
import { type AlertChange, type AlertFeed, alertsSince, newestChange } from '#libs/storage';
import { type EventStream, frameOf } from '../http/event-stream.js';

/**
 * Sends a client every change after `after` (null: from now on), and then each as it comes, until it is gone.
 *
 * What it missed is read from the database, as fast as the client takes it. Changes that come meanwhile only set a
 * mark: they are read too. Once a reading finds nothing and none came, the client is live.
 */
export async function followAlerts(
  database: DataSource,
  feed: AlertFeed,
  after: number | null,
  open: () => EventStream,
): Promise<void> {
  let last = after ?? (await newestChange(database));
  const stream = open();
  let live = false;
  let missed = false;
  const unsubscribe = feed.subscribe((changes) => {
    if (!live) missed = true;
    else
      for (const change of changes) {
        if (change.change <= last) continue;
        last = change.change;
        if (!change.alert.shadow) stream.offer(last, sharedFrame(change));
      }
  });
  stream.closed.then(unsubscribe);
  try {
    stream.heartbeat(String(last));
    while (stream.open && !live) {
      missed = false;
      const changes = await alertsSince(database, last);
      for (const change of changes) {
        last = change.change;
        if (!change.alert.shadow) await stream.send(last, sharedFrame(change));
      }
      live = changes.length === 0 && !missed;
    }
  } catch (error) {
    // The headers are out: the client hears of it by the end of the stream, and comes back.
    stream.end();
    throw error;
  }
}

const frames = new WeakMap<AlertChange, string>();

/** One change goes to many clients: it is written out once. */
function sharedFrame(change: AlertChange): string {
  let frame = frames.get(change);
  if (!frame) frames.set(change, (frame = frameOf(change.change, 'alert', change.alert)));
  return frame;
}
