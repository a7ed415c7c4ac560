import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import type { Alert } from '#libs/events';
import { type CompiledEntries, compileEntries } from '#libs/silencing';
import { activeSilences, type Silence } from '#libs/storage';

/** So long after it was saved a silence holds at the latest. */
const lookAgainMs = 1000;

/** Tells the id of a silence, or an entry of the allowlist, that holds an alert back now; null: none does. */
export function heldBackBy(database: DataSource, clock: Clock): (alert: Alert) => Promise<string | null> {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let silences: Promise<CompiledEntries<Silence>> | undefined;
  return async (alert) => {
    const now = clock.now();
    if (silences === undefined || now - lookedAt >= lookAgainMs) {
      lookedAt = now;
      silences = activeSilences(database, now).then(compileEntries);
      // Who could not ask asks again, and does not tell what may be silenced meanwhile.
      silences.catch(() => {
        silences = undefined;
      });
    }
    const [silence] = (await silences).matching(alert);
    return silence?.id ?? null;
  };
}
