import { apiCall, type Happening, login, mail } from './event.js';
import type { Random } from './random.js';

/** One way to misbehave, and the rules that are meant to notice. */
export interface AttackerKind {
  readonly name: string;
  /** Names of the shipped rules of which one at least must name the attacker. */
  readonly rules: readonly string[];
  /** How long the attack takes, seconds. */
  readonly seconds: number;
  /** Who attacker number `n` of this kind is: the group that its alert must name. */
  group(n: number, random: Random): Record<string, string>;
  /** What it does from `start` on (ms), in order of time. */
  attack(group: Record<string, string>, start: number, random: Random): Happening[];
}

/** `count` moments, evenly spread over `seconds` from `start` on. */
function moments(start: number, seconds: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + Math.floor((i * seconds * 1_000) / count));
}

/** Attackers live in 198.18.0.0/15, the range for benchmarks: a /24 per kind, then the next one of the second half. */
const address = (network: number) => (n: number) => ({ ip: `198.${18 + (n >> 8)}.${network}.${n & 255}` });

/** Every kind of attacker, in reading order. */
export const attackerKinds: readonly AttackerKind[] = [
  {
    name: 'brute-force',
    rules: ['ssh-bruteforce'],
    seconds: 30,
    group: address(1),
    attack: ({ ip }, start) => moments(start, 30, 30).map((time) => login(time, ip, 'root', 'failure')),
  },
  {
    name: 'web-brute-force',
    rules: ['web-login-bruteforce'],
    seconds: 60,
    group: address(2),
    attack: ({ ip }, start) =>
      moments(start, 60, 60).map((time) => apiCall(time, ip, { method: 'POST', path: '/login', status: 401 })),
  },
  {
    name: 'credential-stuffing',
    rules: ['credential-stuffing'],
    seconds: 60,
    group: address(3),
    attack: ({ ip }, start, random) =>
      moments(start, 60, 60).map((time) => login(time, ip, `user${random.hex(6)}`, 'failure')),
  },
  {
    name: 'probing',
    rules: ['web-path-probing'],
    seconds: 60,
    group: address(4),
    attack: ({ ip }, start, random) =>
      moments(start, 60, 120).map((time) =>
        apiCall(time, ip, { method: 'GET', path: `/${random.hex(8)}/${random.hex(8)}.bak`, status: 404 }),
      ),
  },
  {
    name: 'crawling',
    rules: ['web-crawling'],
    seconds: 60,
    group: address(5),
    attack: ({ ip }, start, random) =>
      moments(start, 60, 360).map((time) =>
        apiCall(time, ip, { method: 'GET', path: `/profile/${random.hex(8)}`, status: 200 }),
      ),
  },
  {
    name: 'flooding',
    rules: ['api-flood'],
    seconds: 30,
    group: address(6),
    attack: ({ ip }, start) =>
      moments(start, 30, 1_500).map((time) => apiCall(time, ip, { method: 'GET', path: '/products', status: 200 })),
  },
  {
    name: 'low-and-slow',
    rules: ['ssh-bruteforce-slow'],
    seconds: 2_400,
    group: address(7),
    attack: ({ ip }, start) => moments(start, 2_400, 120).map((time) => login(time, ip, 'admin', 'failure')),
  },
  {
    name: 'web-low-and-slow',
    rules: ['web-login-bruteforce-slow'],
    seconds: 2_400,
    group: address(8),
    attack: ({ ip }, start) =>
      moments(start, 2_400, 200).map((time) => apiCall(time, ip, { method: 'POST', path: '/login', status: 401 })),
  },
  {
    name: 'mail-burst',
    rules: ['mail-sender-burst'],
    seconds: 60,
    group: (n) => ({ sender: `burst-${n}@example.net` }),
    attack: ({ sender }, start, random) =>
      moments(start, 60, 360).map((time) => mail(time, sender, ['one@example.com'], random.hex(40))),
  },
  {
    name: 'many-recipients',
    rules: ['mail-many-recipients'],
    seconds: 60,
    group: (n) => ({ sender: `harvest-${n}@example.net` }),
    attack: ({ sender }, start, random) =>
      moments(start, 60, 20).map((time) => {
        const recipients = Array.from({ length: 25 }, () => `${random.hex(6)}@example.com`);
        return mail(time, sender, recipients, random.hex(40));
      }),
  },
  {
    name: 'same-text',
    rules: ['mail-same-text'],
    seconds: 60,
    group: (_, random) => ({ fingerprint: random.hex(40) }),
    attack: ({ fingerprint }, start, random) =>
      moments(start, 60, 60).map((time) =>
        mail(time, `${random.hex(8)}@example.net`, [`${random.hex(6)}@example.com`], fingerprint),
      ),
  },
];
