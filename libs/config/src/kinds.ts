import { isIPv4, isIPv6 } from 'node:net';

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

/** Networks in CIDR notation and addresses, apart by commas; `none` for none. */
export const networks: Kind<readonly string[]> = {
  label: 'network,…',
  parse: (given) => {
    if (given === 'none') return ok([]);
    const all = given.split(',').map((word) => word.trim());
    return all.every(isNetwork) ? ok(all) : refused('networks such as 192.0.2.0/24 or 2001:db8::/32, apart by commas');
  },
};

function isNetwork(text: string): boolean {
  const [address, bits, ...rest] = text.split('/');
  const bitsMax = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  return (
    rest.length === 0 &&
    !text.includes('%') &&
    bitsMax > 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax))
  );
}

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

/** Origins of web pages, apart by commas: `https://desk.example,http://localhost:3000`. */
export const origins: Kind<readonly string[]> = {
  label: 'origin,…',
  parse: (given) => {
    const all = given.split(',').map((word) => word.trim());
    const isOrigin = (word: string) => /^https?:/.test(word) && URL.canParse(word) && new URL(word).origin === word;
    return all.every(isOrigin) ? ok(all) : refused('one or more origins such as https://desk.example, apart by commas');
  },
};

/** An address of somebody whose word is trusted: https, or this machine. */
export const issuer: Kind<string> = {
  label: 'URL',
  parse: (given) => {
    const { protocol, hostname } = URL.canParse(given) ? new URL(given) : { protocol: '', hostname: '' };
    const isTrusted =
      protocol === 'https:' || (protocol === 'http:' && /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname));
    return isTrusted
      ? ok(given.replace(/\/$/, ''))
      : refused('a URL that starts with https:// (http:// on this machine)');
  },
};

/** Which of these words a name gets: `name=word`, apart by semicolons, since names may hold commas and `=`. */
export function assigned<const T extends string>(...words: readonly T[]): Kind<ReadonlyMap<string, T>> {
  return {
    label: 'name=word;…',
    parse: (given) => {
      const pairs = given.split(';').map((pair) => {
        const at = pair.lastIndexOf('=');
        return [pair.slice(0, at).trim(), words.find((word) => word === pair.slice(at + 1).trim())] as const;
      });
      return pairs.every((pair): pair is readonly [string, T] => pair[0] !== '' && pair[1] !== undefined)
        ? ok(new Map(pairs))
        : refused(`pairs such as Operators=${words[0]}, apart by semicolons, with one of ${words.join(', ')}`);
    },
  };
}

/** Names, apart by commas; `none` for none. */
export const names: Kind<readonly string[]> = {
  label: 'name,…',
  parse: (given) => {
    if (given === 'none') return ok([]);
    const all = given.split(',').map((word) => word.trim());
    return all.includes('') ? refused('one or more names, apart by commas') : ok(all);
  },
};
