/** A contest as it might be: honest voters, and one ring for every manner of attack, each on an entry of its own. */
export interface Cast {
  /** Event time, ms. */
  at: number;
  voter: string;
  entry: string;
  value: number;
  ip: string;
  accountCreatedOn: string;
  /** How its ring goes about it; null: honest. */
  manner: string | null;
}

type Random = () => number;
type Account = Pick<Cast, 'at' | 'ip' | 'accountCreatedOn'>;

const hour = 3_600_000;
const day = 24 * hour;
/** A contest goes over three days. */
const begin = Date.UTC(2026, 2, 2);
const contestMs = 3 * day;
/** Classes at school: one address, ten minutes, half of them for the same entry. */
const classCount = 3;
const classSize = 25;

export const entries = Array.from({ length: 50 }, (_, i) => `e${i}`);

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const below = (random: Random, end: number): number => Math.floor(random() * end);
const within = (random: Random, start: number, ms: number): number => start + Math.floor(random() * ms);
const address = (random: Random): string =>
  [11 + below(random, 180), below(random, 256), below(random, 256), 1 + below(random, 254)].join('.');
const bell = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function seeded(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Numbers from 0 on, as often as their weights say. */
function weighted(random: Random, weights: readonly number[]): () => number {
  let sum = 0;
  const sums = weights.map((weight) => (sum += weight));
  return () => {
    const at = random() * sum;
    let [from, to] = [0, sums.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (sums[middle] > at) to = middle;
      else from = middle + 1;
    }
    return from;
  };
}

/** Accounts that had nothing to do with the contest, made over three years until a month before it. */
const old = (random: Random): string => dayOf(begin - 30 * day - below(random, 3 * 365 * day));
const rented = (random: Random, network: string): string => `${network}.${1 + below(random, 10)}`;

interface Ring {
  random: Random;
  start: number;
  /** A network that it alone uses, as `192.0.2`. */
  network: string;
}

/** Every manner of attack: what one account of a ring does. */
export const manners: Readonly<Record<string, (ring: Ring) => Account[]>> = {
  'ten addresses, in ten minutes': ({ random, start, network }) => [
    { at: within(random, start, hour / 6), ip: rented(random, network), accountCreatedOn: old(random) },
  ],
  'ten addresses, over two days': ({ random, start, network }) => [
    { at: within(random, start, 2 * day), ip: rented(random, network), accountCreatedOn: old(random) },
  ],
  'ten addresses, against the leader': ({ random, start, network }) => [
    { at: within(random, start, hour), ip: rented(random, network), accountCreatedOn: old(random) },
  ],
  '254 addresses of a network, in an hour': ({ random, start, network }) => [
    { at: within(random, start, hour), ip: `${network}.${1 + below(random, 254)}`, accountCreatedOn: old(random) },
  ],
  'addresses of their own, accounts of the day, in an hour': ({ random, start }) => [
    { at: within(random, start, hour), ip: address(random), accountCreatedOn: dayOf(start) },
  ],
  'addresses of their own, accounts of three days, over two days': ({ random, start }) => [
    {
      at: within(random, start, 2 * day),
      ip: address(random),
      accountCreatedOn: dayOf(begin - (2 + below(random, 3)) * day),
    },
  ],
  'addresses of their own, old accounts of one day, in an hour': ({ random, start }) => [
    { at: within(random, start, hour), ip: address(random), accountCreatedOn: dayOf(begin - 400 * day) },
  ],
  'addresses of their own, old accounts, again and again': ({ random, start }) => {
    const first = within(random, start, 6 * hour);
    const account = { ip: address(random), accountCreatedOn: old(random) };
    return Array.from({ length: 12 }, (_, n) => ({ at: first + n * 3_000, ...account }));
  },
  'addresses of their own, old accounts, in an hour': ({ random, start }) => [
    { at: within(random, start, hour), ip: address(random), accountCreatedOn: old(random) },
  ],
  'addresses of their own, old accounts, over two days': ({ random, start }) => [
    { at: within(random, start, 2 * day), ip: address(random), accountCreatedOn: old(random) },
  ],
};

/** Each account votes once, and nothing sets it apart from an honest one but what it votes for: no rule discounts it. */
export const unfound: readonly string[] = [
  'addresses of their own, old accounts, in an hour',
  'addresses of their own, old accounts, over two days',
];

/** The entry that is best liked; rings are for the ones behind it, or against it. */
const leader = entries[0];

/**
 * Votes in order of time. 86 % of those who are shown the best entry like it, 40 to 78 % the others: it leads clearly, and a few
 * hundred fakes are enough for any of the ten behind it.
 */
export function attackedContest(seed: number, honestVoters = 20_000): Cast[] {
  const random = seeded(seed);
  const rings = Object.keys(manners).flatMap((manner, i) => {
    const entry = manner.endsWith('against the leader') ? leader : entries[1 + i];
    return ringOf(random, manner, entry, `203.${i}.${below(random, 256)}`);
  });
  return [...honest(random, honestVoters), ...rings].sort((a, b) => a.at - b.at);
}

function ringOf(random: Random, manner: string, entry: string, network: string): Cast[] {
  const accounts = 30 + below(random, 721);
  const start = within(random, begin + 6 * hour, 12 * hour);
  const value = entry === leader ? -1 : 1;
  return Array.from({ length: accounts }, (_, i) =>
    manners[manner]({ random, start, network }).map((account) => ({
      ...{ ...account, entry, value, manner },
      voter: `ring ${network} ${i}`,
    })),
  ).flat();
}

function honest(random: Random, voters: number): Cast[] {
  const shown = weighted(
    random,
    entries.map(() => Math.exp(bell(random) / 2)),
  );
  const liking = entries.map((_, i) => (i === 0 ? 0.86 : 0.78 - (0.38 * (i - 1)) / 48));
  const ipOf = homes(random);
  const busyDay = begin - day * (100 + below(random, 300));
  const classes = Array.from({ length: classCount }, () => ({
    at: within(random, begin, contestMs),
    ip: address(random),
    entry: shown(),
  }));
  return Array.from({ length: voters }, (_, i) => {
    const together = classes[Math.floor(i / classSize)];
    const at = together ? within(random, together.at, hour / 6) : daytime(random);
    const ip = together?.ip ?? ipOf();
    const voter = { voter: `honest ${i}`, ip, accountCreatedOn: signedUp(random, at, busyDay), manner: null };
    const vote = (at: number): Cast => {
      const entry = together && random() < 0.5 ? together.entry : shown();
      return { at, ...voter, entry: entries[entry], value: random() < liking[entry] ? 1 : -1 };
    };
    // One in twenty thinks again.
    return random() < 0.05 ? [vote(at), vote(within(random, at, hour))] : [vote(at)];
  }).flat();
}

/** People sleep: at four in the morning (UTC) come a tenth of those who come at four in the afternoon. */
function daytime(random: Random): number {
  for (;;) {
    const at = below(random, contestMs);
    if (random() < 0.55 - 0.45 * Math.cos((2 * Math.PI * (at - 4 * hour)) / day)) return begin + at;
  }
}

/**
 * One voter in ten is behind one of two hundred shared addresses, of which the largest has some 150 of them. The others have one of their
 * own, in one of six thousand networks of providers, of which the largest has some 150 of them, too.
 */
function homes(random: Random): () => string {
  const shared = Array.from({ length: 200 }, () => address(random));
  const networks = Array.from({ length: 6_000 }, () => address(random).replace(/\d+$/, ''));
  const chooseShared = weighted(
    random,
    shared.map((_, i) => 1 / (i + 3)),
  );
  const chooseNetwork = weighted(
    random,
    networks.map((_, i) => 1 / (i + 20)),
  );
  return () => (random() < 0.1 ? shared[chooseShared()] : `${networks[chooseNetwork()]}${1 + below(random, 254)}`);
}

/** One in thirty signs up in order to vote, one in thirty did on a day on which many came; the others over four years. */
function signedUp(random: Random, at: number, busyDay: number): string {
  const kind = below(random, 30);
  if (kind === 0) return dayOf(at);
  return kind === 1 ? dayOf(busyDay) : dayOf(begin - 4 * 365 * day * random() ** 1.5);
}
