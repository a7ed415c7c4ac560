import { addresses, duration, integer, type Kind, oneOf, prefix, retention, secret, text, url } from './kinds.js';

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
  ingestRequestsPerMinute: optional(
    'WEIR_INGEST_REQUESTS_PER_MINUTE',
    integer(1, 100_000_000),
    'Requests with events that one key may send in a minute. Default: any number; the log says when it is busy.',
  ),
  requestsPerMinute: withDefault(
    'WEIR_REQUESTS_PER_MINUTE',
    integer(1, 100_000_000),
    '6000',
    'Other requests that one key may make in a minute.',
  ),
  kafkaBrokers: optional(
    'WEIR_KAFKA_BROKERS',
    addresses,
    'Some brokers of your Apache Kafka (4.0 or later). Without it the log is embedded, in the data folder.',
  ),
  kafkaTls: withDefault('WEIR_KAFKA_TLS', oneOf('off', 'on'), 'off', 'Whether to speak TLS with the brokers.'),
  kafkaTlsCa: optional(
    'WEIR_KAFKA_TLS_CA',
    text,
    'PEM file of whom to trust for the brokers’ certificates. Default: the usual authorities.',
  ),
  kafkaSaslMechanism: withDefault(
    'WEIR_KAFKA_SASL_MECHANISM',
    oneOf('plain', 'scram-sha-256', 'scram-sha-512'),
    'scram-sha-512',
    'How to sign in to the brokers, where there is a user name.',
  ),
  kafkaSaslUsername: optional('WEIR_KAFKA_SASL_USERNAME', text, 'User name for the brokers.'),
  kafkaSaslPassword: optional('WEIR_KAFKA_SASL_PASSWORD', secret, 'Password for the brokers.'),
  kafkaReplication: optional(
    'WEIR_KAFKA_REPLICATION',
    integer(1, 100),
    'Copies of each partition of the topics that Weir makes. Default: what the brokers are set to.',
  ),
  kafkaPrefix: withDefault(
    'WEIR_KAFKA_PREFIX',
    prefix,
    'none',
    'Put before the name of every topic and group, for several Weirs on one cluster.',
  ),
  kafkaInstance: optional(
    'WEIR_KAFKA_INSTANCE',
    prefix,
    'A name that this process keeps over restarts, and no other has: its partitions wait for it meanwhile.',
  ),
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
  { names: /^WEIR_LAKE_/, instead: 'This version writes no Parquet lake' },
  { names: /^WEIR_MIRRORS$/, instead: 'This version mirrors nothing' },
  { names: /^WEIR_OIDC_/, instead: 'This version has no OIDC sign-in; make keys with `weir keys create`' },
  { names: /^WEIR_SYSLOG_/, instead: 'This version does not listen for syslog; use `weir ingest --follow`' },
];

type ValueOf<V> = V extends { kind: Kind<infer T> } ? T : never;

/** The environment, parsed. Durations are milliseconds, sizes are bytes, what is not set is null. */
export type Config = { readonly [K in keyof typeof variables]: ValueOf<(typeof variables)[K]> };
