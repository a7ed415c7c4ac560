import type { EvidenceState } from './evidence.js';
import type { AlertToReplay, Figures, Replayed } from './replay.js';

/** Why a replay gives something else than the alert: a sentence, and what it rests on. */
export interface Explanation {
  kind:
    | 'rule-version-unknown'
    | 'rule-refused'
    | 'rule-changed'
    | 'events-gone'
    | 'events-damaged'
    | 'events-replaced'
    | 'log-begins-later'
    | 'repeated'
    | 'late'
    | 'no-longer-matched'
    | 'no-alert'
    | 'value-differs';
  said: string;
  facts: Readonly<Record<string, unknown>>;
}

/** Events named in an explanation at most; their number is always said. */
const namedMax = 10;

/** What a replay says of why it is not the same, the likeliest cause first; nothing where it is the same. */
export function explain(alert: AlertToReplay, replayed: Replayed): Explanation[] {
  if (replayed.same) return [];
  return [...lost(replayed), ...uncounted(replayed), outcomeOf(alert, replayed.found)];
}

function lost({ evidence, isClipped, skipped, range }: Replayed): Explanation[] {
  const of = (kind: EvidenceState['kind']) => evidence.filter((state) => state.kind === kind);
  const total = evidence.length;
  const found: Explanation[] = [];
  const add = (kind: Explanation['kind'], states: readonly EvidenceState[], how: string) => {
    if (states.length === 0) return;
    const said = `${states.length} of the ${total} events that the alert names ${how}, the first ${placeText(states[0])} of ${states[0].time}`;
    const events = states
      .slice(0, namedMax)
      .map(({ topic, partition, offset, time }) => ({ topic, partition, offset, time }));
    found.push({ kind, said, facts: { count: states.length, events } });
  };
  add('events-gone', of('gone'), 'are gone from the log by retention');
  add('events-damaged', of('damaged'), 'are damaged in the log');
  add('events-replaced', of('other'), 'are others in the log now: it was replaced');
  if (skipped.length > 0 && of('damaged').length === 0) {
    const records = skipped.reduce((sum, { from, to }) => sum + to - from, 0);
    const said = `${records} records in the range could not be read`;
    found.push({ kind: 'events-damaged', said, facts: { skipped: skipped.slice(0, namedMax) } });
  }
  if (isClipped) {
    const since = range ? new Date(range.fromMs).toISOString() : null;
    const said = `The log begins later than the rule looks back${since ? `: what was recorded before ${since} is gone by retention` : ''}`;
    found.push({ kind: 'log-begins-later', said, facts: { since } });
  }
  return found;
}

function uncounted({ late, notCounted }: Replayed): Explanation[] {
  const found: Explanation[] = [];
  const { repeated, unmatched } = notCounted;
  if (repeated > 0) {
    const said = `${repeated} events that the alert names were not counted, since one with the same source and id was recorded before`;
    found.push({ kind: 'repeated', said, facts: { count: repeated } });
  }
  if (unmatched > 0) {
    const said = `${unmatched} events that the alert names are no longer matched: filters, mappings or placeholders, which are as they are now, have changed`;
    found.push({ kind: 'no-longer-matched', said, facts: { count: unmatched } });
  }
  if (late > 0) {
    const said = `${late} events of the group came too late to be counted`;
    found.push({ kind: 'late', said, facts: { count: late } });
  }
  return found;
}

function outcomeOf(alert: AlertToReplay, found: Figures | null): Explanation {
  if (found === null) {
    const said = 'The rule does not alert about the group over what the log holds';
    return { kind: 'no-alert', said, facts: {} };
  }
  const fields = ['openedAt', 'firstSeen', 'lastSeen', 'value', 'peak', 'expected', 'events'] as const;
  const differing = fields.filter((field) => (found[field] ?? null) !== (alert[field] ?? null));
  const said = differing.map((field) => `${field} is ${found[field] ?? 'none'}, and was ${alert[field] ?? 'none'}`);
  const facts = Object.fromEntries(
    differing.map((field) => [field, { was: alert[field] ?? null, is: found[field] ?? null }]),
  );
  return { kind: 'value-differs', said: said.join('; '), facts };
}

const placeText = ({ topic, partition, offset }: EvidenceState): string => `${topic}/${partition} offset ${offset}`;
