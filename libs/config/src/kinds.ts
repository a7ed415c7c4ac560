/**
 * How one kind of value is written in the environment. `parse` gives the value or, where the text is none, a string
 * tagged `refused` that says what is accepted.
 */
export interface Kind<T> {
  /** What stands in the help beside the name: `duration`, `bytes`, `1..65535`. */
  readonly label: string;
  parse(text: string): Parsed<T>;
}

export type Parsed<T> = { kind: 'ok'; value: T } | { kind: 'refused'; expected: string };

const MILLISECONDS: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const BYTES: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const ok = <T>(value: T): Parsed<T> => ({ kind: 'ok', value });
const refused = (expected: string): Parsed<never> => ({ kind: 'refused', expected });

/** A number and a unit as one whole count of the smallest unit; undefined where it is not one. */
function quantity(text: string, units: Record<string, number>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text);
  const unit = match && units[match[2].toLowerCase()];
  if (!match || !unit) return undefined;
  const value = Number(match[1]) * unit;
  return Number.isSafeInteger(value) ? value : undefined;
}

export const text: Kind<string> = { label: 'text', parse: ok };

/** Visible ASCII without blanks: what an HTTP header can carry. */
export const secret: Kind<string> = {
  label: 'key',
  parse: (given) => (/^[\x21-\x7e]+$/.test(given) ? ok(given) : refused('visible ASCII characters without blanks')),
};

export function integer(min: number, max: number): Kind<number> {
  return {
    label: `${min}..${max}`,
    parse: (given) => {
      const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
      return value >= min && value <= max ? ok(value) : refused(`a whole number from ${min} to ${max}`);
    },
  };
}

/** Milliseconds. */
export const duration: Kind<number> = {
  label: 'duration',
  parse: (given) => {
    const value = quantity(given, MILLISECONDS);
    return value === undefined ? refused('a number with its unit: 500ms, 60s, 10m, 12h, 7d, 2w') : ok(value);
  },
};

export interface Retention {
  /** Records older than this may be deleted; null: kept whatever their age. */
  ageMs: number | null;
  /** Oldest records of a topic may be deleted above this size; null: whatever the size. */
  bytes: number | null;
}

/** An age, a size, or both: `7d`, `50GiB`, `7d,50GiB`; `forever` for neither. */
export const retention: Kind<Retention> = {
  label: 'retention',
  parse: (given) => {
    const expected = 'an age (7d), a size per topic (50GiB), both (7d,50GiB), or forever';
    const value: Retention = { ageMs: null, bytes: null };
    if (given === 'forever') return ok(value);
    for (const part of given.split(',').map((word) => word.trim())) {
      const age = quantity(part, MILLISECONDS);
      const size = quantity(part, BYTES);
      if (age && value.ageMs === null) value.ageMs = age;
      else if (size && value.bytes === null) value.bytes = size;
      else return refused(expected);
    }
    return ok(value);
  },
};

export function oneOf<const T extends string>(...words: readonly T[]): Kind<T> {
  return {
    label: words.join('|'),
    parse: (given) => {
      const word = words.find((candidate) => candidate === given.toLowerCase());
      return word === undefined ? refused(`one of ${words.join(', ')}`) : ok(word);
    },
  };
}

/** A piece of a name of Kafka's; `none` for an empty one. */
export const prefix: Kind<string> = {
  label: 'name',
  parse: (given) => {
    if (given === 'none') return ok('');
    return /^[A-Za-z0-9._-]{1,100}$/.test(given)
      ? ok(given)
      : refused('up to 100 letters, digits, dots, dashes or underscores');
  },
};

/** Addresses, apart by commas: `kafka-1:9092,kafka-2:9092`. */
export const addresses: Kind<readonly string[]> = {
  label: 'host:port,…',
  parse: (given) => {
    const all = given.split(',').map((word) => word.trim());
    const isAddress = (word: string) => /^([A-Za-z0-9._-]+|\[[0-9a-f:.]+\]):\d{1,5}$/i.test(word);
    return all.every(isAddress) ? ok(all) : refused('one or more addresses as host:port, apart by commas');
  },
};

/** An absolute URL with one of these schemes, kept as written but for a slash at its end. */
export function url(...schemes: readonly string[]): Kind<string> {
  return {
    label: 'URL',
    parse: (given) =>
      URL.canParse(given) && schemes.includes(new URL(given).protocol.slice(0, -1))
        ? ok(given.replace(/\/$/, ''))
        : refused(`a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`),
  };
}
