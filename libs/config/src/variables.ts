import { duration, integer, type Kind, oneOf, retention, secret, text, url } from './kinds.js';

interface Variable<T> {
  readonly name: `WEIR_${string}`;
  readonly kind: Kind<T>;
  /** As it would be written in the environment; null: not set, and the value is null. */
  readonly default: string | null;
  readonly description: string;
}

const withDefault = <T>(name: Variable<T>['name'], kind: Kind<T>, preset: string, description: string) =>
  ({ name, kind, default: preset, description }) as const;
const optional = <T>(name: Variable<T>['name'], kind: Kind<T>, description: string) =>
  ({ name, kind: kind as Kind<T | null>, default: null, description }) as const;

/** Every variable that Weir reads, by the name of its value in `Config`. Help, documentation and parsing follow it. */
export const variables = {
  dataDir: withDefault('WEIR_DATA_DIR', text, './data', 'Folder of the log, the database and the snapshots.'),
  httpHost: withDefault('WEIR_HTTP_HOST', text, '127.0.0.1', 'Address to listen on; 0.0.0.0 or :: for every one.'),
  httpPort: withDefault('WEIR_HTTP_PORT', integer(0, 65535), '8080', 'Port to listen on; 0 takes a free one.'),
  databaseUrl: optional(
    'WEIR_DATABASE_URL',
    url('postgres', 'postgresql'),
    'Your PostgreSQL. Without it Weir runs its own in the data folder.',
  ),
  adminKey: optional('WEIR_ADMIN_KEY', secret, 'A key with every scope, for scripts and the command line.'),
  partitions: withDefault('WEIR_PARTITIONS', integer(1, 1024), '16', 'Partitions of each topic when it is made.'),
  retention: withDefault(
    'WEIR_RETENTION',
    retention,
    '7d',
    'How long a topic keeps its records: an age, a size, both (7d,50GiB), or forever.',
  ),
  latenessMs: withDefault(
    'WEIR_LATENESS',
    duration,
    '60s',
    'How much older than its group’s newest event an event may be and still count.',
  ),
  dedupeHorizonMs: withDefault(
    'WEIR_DEDUPE_HORIZON',
    duration,
    '10m',
    'Within this time the same source and id count once.',
  ),
  groupsMax: withDefault(
    'WEIR_GROUPS_MAX',
    integer(1, 100_000_000),
    '1000000',
    'Groups that one rule keeps in memory; beyond it the idlest leave, and are counted.',
  ),
  rulesDir: withDefault('WEIR_RULES_DIR', text, './rules', 'Folder of the Sigma rules.'),
  logLevel: withDefault(
    'WEIR_LOG_LEVEL',
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'The least severe line that is logged.',
  ),
  url: optional('WEIR_URL', url('http', 'https'), 'Where commands find a running Weir. Default: this host and port.'),
} as const;

/** What later versions will read. Refused, because ignoring it would run something else than was asked for. */
export const notYet: readonly { readonly names: RegExp; readonly instead: string }[] = [
  { names: /^WEIR_KAFKA_/, instead: 'This version has no Kafka engine; its log is embedded, in WEIR_DATA_DIR' },
  { names: /^WEIR_LAKE_/, instead: 'This version writes no Parquet lake' },
  { names: /^WEIR_MIRRORS$/, instead: 'This version mirrors nothing' },
  { names: /^WEIR_OIDC_/, instead: 'This version has no OIDC sign-in; make keys with `weir keys create`' },
  { names: /^WEIR_SYSLOG_/, instead: 'This version does not listen for syslog; use `weir ingest --follow`' },
];

type ValueOf<V> = V extends { kind: Kind<infer T> } ? T : never;

/** The environment, parsed. Durations are milliseconds, sizes are bytes, what is not set is null. */
export type Config = { readonly [K in keyof typeof variables]: ValueOf<(typeof variables)[K]> };
