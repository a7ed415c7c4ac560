import { appended, type Input, Pass, type PassChange } from '#libs/backtest';
import { alertId, type DetectionPlan, groupValues } from '#libs/detection';
import { encodeEvent, eventTypeOf } from '#libs/events';
import { methods, ranked } from '#libs/ranking';
import { networkText } from '../../libs/detection/src/network-text.js';
import { type Cast, entries } from './attacks.js';

/** An alert as far as votes are judged by it. Event times, ms. */
export interface Suspicion {
  id: string;
  rule: string;
  group: Record<string, string>;
  firstSeen: number;
  openedAt: number;
  lastSeen: number;
  /** Infinity: it is open. */
  closedAt: number;
}

export const contest = 'attacked';
const vote = eventTypeOf('vote')!;
/** So much of the contest is recorded together. */
const appendMs = 6 * 3_600_000;
const partitions = 4;

/** `paired`: as a vote between its entry and another one. */
export function inputOf({ at, manner: _, entry, value, ...cast }: Cast, i: number, paired = false): Input {
  const said = paired ? { winner: entry, loser: `not ${entry}` } : { entry, value };
  const data = { contest, ...cast, ...said };
  const time = new Date(at).toISOString();
  const event = { specversion: '1.0' as const, id: String(i), source: '/spec', type: 'vote', time, data };
  return { type: vote, key: vote.key(data), timeMs: at, value: encodeEvent(event) };
}

/** What the rules say about the votes, through both stages of detection, three days after the last. */
export function suspicions(plan: DetectionPlan, inputs: readonly Input[]): Suspicion[] {
  const pass = new Pass(plan, { partitions, dedupeHorizonMs: 600_000, identitiesMax: 1 << 20, groupsMax: 1_000_000 });
  const stored = new Map<string, Input[]>();
  const latest = new Map<string, PassChange>();
  const count = (changes: readonly PassChange[]) => {
    for (const change of changes) {
      const { rule, view } = change;
      latest.set(alertId(rule.info.id, view.groupLo, view.groupHi, view.anchor), change);
    }
  };
  for (const some of Map.groupBy(inputs, ({ timeMs }) => Math.floor(timeMs / appendMs)).values()) {
    const recordedAt = some.at(-1)!.timeMs;
    count(pass.count(pass.match(appended(stored, some, partitions, recordedAt)).records, recordedAt));
  }
  const end = inputs.at(-1)!.timeMs + 3 * 86_400_000;
  count(pass.count(pass.mark(end), end));
  return [...latest].flatMap(([id, { plan, rule, view, windows }]) => {
    if (view.state === 'merged') return [];
    const { topic, partition, offset } = windows.origin(view.evidence[0].origin);
    const line = stored.get(`${topic}/${partition}`)![offset].value;
    const group = groupValues(plan, rule, view.groupLo, view.groupHi, topic, line)!;
    const { firstSeen, openedAt, lastSeen, closedAt } = view;
    return { id, rule: rule.info.name, group, firstSeen, openedAt, lastSeen, closedAt: closedAt ?? Infinity };
  });
}

/** Each voter's last vote. */
export const liveVotes = (votes: readonly Cast[]): Cast[] => [
  ...new Map(votes.map((cast) => [cast.voter, cast])).values(),
];

/** As the SQL of contests judges: an alert names some of these, and its votes agree in all that it names. */
const named = ['voter', 'ip', '$network', 'accountCreatedOn', 'entry'] as const;

const of = (cast: Cast, name: (typeof named)[number]): string =>
  name === '$network' ? networkText(cast.ip)! : cast[name];

/** Voters whose live vote is discounted, with the rules that say so. */
export function discounted(live: readonly Cast[], alerts: readonly Suspicion[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const kinds = Map.groupBy(alerts, ({ group }) => named.filter((name) => name in group).join());
  for (const [kind, some] of kinds) {
    const fields = named.filter((name) => kind.split(',').includes(name));
    if (fields.join() === '' || fields.join() === 'entry') continue;
    const byGroup = Map.groupBy(some, ({ group }) => fields.map((name) => group[name]).join('\n'));
    for (const cast of live) {
      for (const { rule, firstSeen, closedAt } of byGroup.get(fields.map((name) => of(cast, name)).join('\n')) ?? []) {
        if (cast.at < firstSeen || cast.at > closedAt) continue;
        found.set(cast.voter, (found.get(cast.voter) ?? new Set()).add(rule));
      }
    }
  }
  return found;
}

/** Votes by what they say. */
export class Tally {
  private readonly choices = new Map<string, { choice: { entry: string; value: number }; votes: number }>();

  constructor(live: readonly Cast[] = []) {
    for (const { entry, value } of live) this.add({ entry, value }, 1);
  }

  with(other: Tally): Tally {
    const both = new Tally();
    for (const { choices } of [this, other]) for (const { choice, votes } of choices.values()) both.add(choice, votes);
    return both;
  }

  /** Entries, the best first, as the default method of approval has them. */
  board(): string[] {
    const votes = [...this.choices.values()].map((one) => ({ ...one, weight: one.votes, squares: one.votes }));
    return ranked(wilson.score(entries, votes)).map(({ entry }) => entry);
  }

  private add(choice: { entry: string; value: number }, votes: number): void {
    const key = `${choice.value} ${choice.entry}`;
    const counted = this.choices.get(key) ?? { choice, votes: 0 };
    counted.votes += votes;
    this.choices.set(key, counted);
  }
}

const wilson = methods.find(({ name }) => name === 'wilson')!;
