import {
  addresses,
  assigned,
  duration,
  integer,
  issuer,
  type Kind,
  names,
  networks,
  oneOf,
  origins,
  prefix,
  retention,
  secret,
  text,
  url,
} from './kinds.js';

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
  wrongKeysPerMinute: withDefault(
    'WEIR_WRONG_KEYS_PER_MINUTE',
    integer(1, 1_000_000),
    '30',
    'Wrong keys and failed sign-ins that one client address may send in a minute.',
  ),
  publicUrl: optional(
    'WEIR_PUBLIC_URL',
    url('http', 'https'),
    'Where people reach Weir. With https, browsers are told to stay with it. Default: this host and port.',
  ),
  corsOrigins: optional('WEIR_CORS_ORIGINS', origins, 'Other web pages that may ask with a key. Default: none.'),
  trustedProxies: optional(
    'WEIR_TRUSTED_PROXIES',
    networks,
    'Reverse proxies that say in X-Forwarded-For who asked. Default: none, and who connects is who asks.',
  ),
  oidcIssuer: optional('WEIR_OIDC_ISSUER', issuer, 'The OpenID Connect provider that people sign in with.'),
  oidcClientId: optional('WEIR_OIDC_CLIENT_ID', text, 'What the provider calls this Weir.'),
  oidcClientSecret: optional(
    'WEIR_OIDC_CLIENT_SECRET',
    secret,
    'The secret that the provider gave. Default: none, a public client.',
  ),
  oidcScope: withDefault('WEIR_OIDC_SCOPE', text, 'openid profile email', 'What the provider is asked for.'),
  oidcGroupsClaim: withDefault('WEIR_OIDC_GROUPS_CLAIM', text, 'groups', 'The claim that holds a person’s groups.'),
  oidcRoles: optional(
    'WEIR_OIDC_ROLES',
    assigned('viewer', 'analyst', 'engineer', 'admin'),
    'The role that each group gives; who has none is not let in.',
  ),
  oidcSessionMs: withDefault('WEIR_OIDC_SESSION', duration, '12h', 'How long people stay signed in.'),
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
  kafkaCompression: withDefault(
    'WEIR_KAFKA_COMPRESSION',
    oneOf('none', 'lz4', 'zstd'),
    'zstd',
    'How batches are compressed that Weir sends to the brokers.',
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
  compression: withDefault(
    'WEIR_COMPRESSION',
    oneOf('none', 'zstd'),
    'none',
    'How the embedded log compresses the batches of a topic, from when it is made. On Kafka WEIR_KAFKA_COMPRESSION says it.',
  ),
  retention: withDefault(
    'WEIR_RETENTION',
    retention,
    '7d',
    'How long a topic keeps its records: an age, a size, both (7d,50GiB), or forever.',
  ),
  tablesRetention: withDefault(
    'WEIR_RETENTION_TABLES',
    retention,
    'forever',
    'The same for topics that tables are computed from (alerts, votes, entries, shares, relations and the like): a rebuild needs all of them.',
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
  detectThread: withDefault(
    'WEIR_DETECT_THREAD',
    oneOf('auto', 'on', 'off'),
    'auto',
    'Whether detection has a thread of its own, so that it and the rest use a core each: auto, where there are two. Not on Kafka.',
  ),
  ownNetworks: withDefault(
    'WEIR_OWN_NETWORKS',
    networks,
    '127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,::1,fe80::/10,fc00::/7',
    'Networks that no decision may block, yours first of all; none for none.',
  ),
  decisionsPerMinute: withDefault(
    'WEIR_DECISIONS_PER_MINUTE',
    integer(1, 1_000_000),
    '100',
    'Decisions that one rule may raise in a minute; what is beyond is refused, with an alert.',
  ),
  decisionsBeyondAddresses: withDefault(
    'WEIR_DECISIONS_BEYOND_ADDRESSES',
    integer(0, 1_000_000),
    '10',
    'Countries, providers, users and whatever else is no address that one rule may ask to block at a time; what is beyond is refused, with an alert.',
  ),
  feedPushFollowers: withDefault(
    'WEIR_FEED_PUSH_FOLLOWERS',
    integer(0, 50_000),
    '1000',
    'Shares of who has more followers go to no inbox: they are looked up when a feed is read.',
  ),
  feedInboxItems: withDefault(
    'WEIR_FEED_INBOX_ITEMS',
    integer(1, 10_000),
    '500',
    'References that an inbox of a feed holds; what is older is looked up.',
  ),
  feedHalfLifeMs: withDefault(
    'WEIR_FEED_HALF_LIFE',
    duration,
    '24h',
    'In ranked feeds: after so long an item weighs half.',
  ),
  feedDemotingRules: withDefault(
    'WEIR_FEED_DEMOTING_RULES',
    names,
    'share-burst',
    'Rules whose open alerts demote the shares of the actor that they name; none for none.',
  ),
  silencesFile: optional(
    'WEIR_SILENCES_FILE',
    text,
    'YAML file of silences and allowlists, watched as the rules are. Default: those of the API only.',
  ),
  rulesDir: withDefault('WEIR_RULES_DIR', text, './rules', 'Folder of the Sigma rules.'),
  notifyNetworks: optional(
    'WEIR_NOTIFY_NETWORKS',
    networks,
    'Networks that are not public and that notifications may be sent to all the same. Default: none.',
  ),
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
  { names: /^WEIR_SYSLOG_/, instead: 'This version does not listen for syslog; use `weir ingest --follow`' },
];

type ValueOf<V> = V extends { kind: Kind<infer T> } ? T : never;

/** The environment, parsed. Durations are milliseconds, sizes are bytes, what is not set is null. */
export type Config = { readonly [K in keyof typeof variables]: ValueOf<(typeof variables)[K]> };
