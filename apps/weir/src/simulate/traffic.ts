import { type AttackerKind, attackerKinds } from './attackers.js';
import type { Happening, SimulatedEvent } from './event.js';
import { OrdinaryTraffic } from './ordinary.js';
import { Random } from './random.js';

export interface TrafficOptions {
  seed: number;
  /** Ordinary events per second of event time; what attackers send comes on top. */
  rate: number;
  seconds: number;
  /** Event time of the first event, ms. */
  start: number;
  /** How many attackers of each kind, by name. */
  attackers: ReadonlyMap<string, number>;
}

/** The truth about one attacker. Times are event times, RFC 3339. */
export interface PlantedAttacker {
  kind: string;
  /** What an alert that names it has as its group. */
  group: Record<string, string>;
  /** Others who take part in it, if known: an alert about them accuses nobody innocent. */
  accomplices?: readonly string[];
  /** Rules of which one at least must name it. */
  rules: readonly string[];
  firstSeen: string;
  lastSeen: string;
  events: number;
}

export interface Traffic {
  attackers: PlantedAttacker[];
  /** In order of event time. The same options give the same bytes. */
  events(): Generator<SimulatedEvent>;
}

/** Gives happenings, which are in order of time, the envelopes of one source. */
function* enveloped(happenings: Iterable<Happening>, source: string): Generator<SimulatedEvent> {
  let sequence = 0;
  for (const { time, type, data } of happenings) {
    const id = String(sequence++);
    yield { specversion: '1.0', id, source, type, time: new Date(time).toISOString(), data };
  }
}

/**
 * Plans traffic: everybody's part is settled here; the ordinary events are made up while they are read. What happens
 * `besides` is put in between.
 */
export function planTraffic(options: TrafficOptions, besides: readonly Happening[] = []): Traffic {
  const attackers: PlantedAttacker[] = [];
  const attacks: Happening[] = [...besides];
  for (const kind of attackerKinds) {
    for (let n = 1; n <= (options.attackers.get(kind.name) ?? 0); n++) {
      const random = Random.named(options.seed, `${kind.name} ${n}`);
      const group = kind.group(n, random);
      const happenings = kind.attack(group, startOf(kind, options, random), random);
      attackers.push(truthAbout(kind, group, happenings));
      for (const happening of happenings) attacks.push(happening);
    }
  }
  attacks.sort((a, b) => a.time - b.time);
  const source = `weir-simulate/${options.seed}/${options.start}`;
  return { attackers, events: () => enveloped(inOrder(options, attacks), source) };
}

/** Somewhere within the time simulated; an attack that takes longer than that began before it. */
function startOf(kind: AttackerKind, options: TrafficOptions, random: Random): number {
  const spare = (options.seconds - kind.seconds) * 1_000;
  return options.start + (spare > 0 ? random.int(spare) : spare);
}

function truthAbout(kind: AttackerKind, group: Record<string, string>, happenings: Happening[]): PlantedAttacker {
  const at = (happening: Happening) => new Date(happening.time).toISOString();
  const [firstSeen, lastSeen] = [at(happenings[0]), at(happenings[happenings.length - 1])];
  return { kind: kind.name, group, rules: kind.rules, firstSeen, lastSeen, events: happenings.length };
}

function* inOrder(options: TrafficOptions, attacks: readonly Happening[]): Generator<Happening> {
  let next = 0;
  for (const happening of ordinary(options)) {
    while (next < attacks.length && attacks[next].time <= happening.time) yield attacks[next++];
    yield happening;
  }
  while (next < attacks.length) yield attacks[next++];
}

function* ordinary({ seed, rate, seconds, start }: TrafficOptions): Generator<Happening> {
  const random = Random.named(seed, 'ordinary');
  const people = new OrdinaryTraffic(random, rate);
  const events = Math.round(rate * seconds);
  for (let i = 0; i < events; i++) yield people.happening(start + Math.floor(((i + random.next()) * 1_000) / rate));
}
