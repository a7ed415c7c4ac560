import { describe, expect, test } from 'vitest';
import { ConfigError, environmentHelp, environmentTable, loadConfig, variables } from './index.js';

const problemsOf = (env: NodeJS.ProcessEnv) => {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('loadConfig', () => {
  test('an empty environment gives the defaults', () => {
    expect(loadConfig({ PATH: '/bin', WEIR_ADMIN_KEY: '' })).toEqual({
      dataDir: './data',
      ingestRequestsPerMinute: null,
      requestsPerMinute: 6000,
      httpHost: '127.0.0.1',
      httpPort: 8080,
      databaseUrl: null,
      adminKey: null,
      wrongKeysPerMinute: 30,
      publicUrl: null,
      corsOrigins: null,
      trustedProxies: null,
      oidcIssuer: null,
      oidcClientId: null,
      oidcClientSecret: null,
      oidcScope: 'openid profile email',
      oidcGroupsClaim: 'groups',
      oidcRoles: null,
      oidcSessionMs: 43_200_000,
      kafkaBrokers: null,
      kafkaTls: 'off',
      kafkaTlsCa: null,
      kafkaSaslMechanism: 'scram-sha-512',
      kafkaSaslUsername: null,
      kafkaSaslPassword: null,
      kafkaReplication: null,
      kafkaCompression: 'zstd',
      kafkaPrefix: '',
      kafkaInstance: null,
      partitions: 16,
      compression: 'none',
      retention: { ageMs: 604_800_000, bytes: null },
      tablesRetention: { ageMs: null, bytes: null },
      latenessMs: 60_000,
      dedupeHorizonMs: 600_000,
      groupsMax: 1_000_000,
      detectThread: 'auto',
      ownNetworks: [
        '127.0.0.0/8',
        '10.0.0.0/8',
        '172.16.0.0/12',
        '192.168.0.0/16',
        '169.254.0.0/16',
        '::1',
        'fe80::/10',
        'fc00::/7',
      ],
      decisionsPerMinute: 100,
      decisionsBeyondAddresses: 10,
      feedPushFollowers: 1000,
      feedInboxItems: 500,
      feedHalfLifeMs: 86_400_000,
      feedDemotingRules: ['share-burst'],
      silencesFile: null,
      rulesDir: './rules',
      notifyNetworks: null,
      logLevel: 'info',
      url: null,
    });
  });

  test.each([
    ['7d', { ageMs: 604_800_000, bytes: null }],
    ['50GiB', { ageMs: null, bytes: 50 * 2 ** 30 }],
    ['1.5h, 10MB', { ageMs: 5_400_000, bytes: 10_000_000 }],
    ['10MB,1w', { ageMs: 604_800_000, bytes: 10_000_000 }],
    ['forever', { ageMs: null, bytes: null }],
  ])('retention %s', (given, expected) => {
    expect(loadConfig({ WEIR_RETENTION: given }).retention).toEqual(expected);
  });

  test.each([
    ['none', []],
    ['192.0.2.0/24, 2001:db8::/32', ['192.0.2.0/24', '2001:db8::/32']],
    ['192.0.2.0/33', null],
    ['fe80::1%eth0', null],
    ['example.org', null],
  ])('networks %s', (given, expected) => {
    const load = () => loadConfig({ WEIR_OWN_NETWORKS: given }).ownNetworks;
    if (expected === null) expect(load).toThrow(/WEIR_OWN_NETWORKS/);
    else expect(load()).toEqual(expected);
  });

  test('values of every kind', () => {
    const config = loadConfig({
      WEIR_HTTP_PORT: '0',
      WEIR_LATENESS: '1500ms',
      WEIR_LOG_LEVEL: 'WARN',
      WEIR_URL: 'https://weir.example/',
      WEIR_DATABASE_URL: 'postgres://weir:pw@db/weir',
    });
    expect(config).toMatchObject({ httpPort: 0, latenessMs: 1500, logLevel: 'warn', url: 'https://weir.example' });
    expect(config.databaseUrl).toBe('postgres://weir:pw@db/weir');
  });

  test('brokers of Kafka', () => {
    const { kafkaBrokers, kafkaPrefix } = loadConfig({
      WEIR_KAFKA_BROKERS: 'kafka-1:9092, [::1]:9093',
      WEIR_KAFKA_PREFIX: 'eu.',
    });
    expect([kafkaBrokers, kafkaPrefix]).toEqual([['kafka-1:9092', '[::1]:9093'], 'eu.']);
  });

  test('compression of either log', () => {
    const { compression, kafkaCompression } = loadConfig({
      WEIR_COMPRESSION: 'ZSTD',
      WEIR_KAFKA_BROKERS: 'kafka:9092',
      WEIR_KAFKA_COMPRESSION: 'lz4',
    });
    expect([compression, kafkaCompression]).toEqual(['zstd', 'lz4']);
    expect(problemsOf({ WEIR_COMPRESSION: 'lz4' }).map(({ message }) => message)).toEqual([
      'WEIR_COMPRESSION: "lz4" is not one of none, zstd.',
    ]);
    expect(problemsOf({ WEIR_KAFKA_COMPRESSION: 'lz4' }).map(({ message }) => message)).toEqual([
      'WEIR_KAFKA_COMPRESSION: It says nothing without WEIR_KAFKA_BROKERS. Set both, or none.',
    ]);
  });

  test('sign-in: groups may hold commas and =, and the issuer loses its last slash', () => {
    const config = loadConfig({
      WEIR_OIDC_ISSUER: 'https://id.example/realms/ops/',
      WEIR_OIDC_CLIENT_ID: 'weir',
      WEIR_OIDC_ROLES: 'soc=analyst; CN=ops,OU=groups=admin',
      WEIR_CORS_ORIGINS: 'https://desk.example, http://localhost:3000',
    });
    expect(config.oidcIssuer).toBe('https://id.example/realms/ops');
    expect([...config.oidcRoles!]).toEqual([
      ['soc', 'analyst'],
      ['CN=ops,OU=groups', 'admin'],
    ]);
    expect(config.corsOrigins).toEqual(['https://desk.example', 'http://localhost:3000']);
  });

  test.each([
    [{ WEIR_OIDC_ISSUER: 'http://id.example' }, /starts with https/],
    [{ WEIR_OIDC_ROLES: 'soc=boss' }, /one of viewer, analyst, engineer, admin/],
    [{ WEIR_CORS_ORIGINS: '*' }, /origins such as/],
    [{ WEIR_CORS_ORIGINS: 'https://desk.example/path' }, /origins such as/],
  ])('%j is refused', (env, message) => {
    expect(problemsOf(env).map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    [
      { WEIR_OIDC_ISSUER: 'https://id.example', WEIR_OIDC_CLIENT_ID: 'weir' },
      'WEIR_OIDC_ISSUER: It says nothing without WEIR_OIDC_ROLES. Set both, or none.',
    ],
    [{ WEIR_KAFKA_TLS: 'on' }, 'WEIR_KAFKA_TLS: It says nothing without WEIR_KAFKA_BROKERS. Set both, or none.'],
    [
      { WEIR_KAFKA_BROKERS: 'k:1', WEIR_KAFKA_SASL_USERNAME: 'u' },
      'WEIR_KAFKA_SASL_USERNAME: It says nothing without WEIR_KAFKA_SASL_PASSWORD. Set both, or none.',
    ],
    [
      { WEIR_KAFKA_BROKERS: 'k:1', WEIR_KAFKA_SASL_PASSWORD: 'p' },
      'WEIR_KAFKA_SASL_PASSWORD: It says nothing without WEIR_KAFKA_SASL_USERNAME. Set both, or none.',
    ],
  ])('what says nothing alone: %j', (env, message) => {
    expect(problemsOf(env).map((problem) => problem.message)).toEqual([message]);
  });

  test('every problem is named at once, in one sentence each', () => {
    const problems = problemsOf({
      WEIR_HTTP_PROT: '9',
      WEIR_SOMETHING_ELSE: '1',
      WEIR_KAFKA_BROKERS: 'kafka',
      WEIR_PARTITIONS: '0',
      WEIR_LATENESS: '60',
      WEIR_RETENTION: '7d,8d',
      WEIR_LOG_LEVEL: 'loud',
      WEIR_DATABASE_URL: 'mysql://root:secret@db',
      WEIR_ADMIN_KEY: 'two words',
    });
    expect(problems.map((problem) => problem.message)).toEqual([
      'WEIR_HTTP_PROT: Weir has no such variable. Did you mean WEIR_HTTP_PORT?',
      'WEIR_SOMETHING_ELSE: Weir has no such variable. See `weir start --help`.',
      'WEIR_DATABASE_URL: what it holds is not a URL that starts with postgres:// or postgresql://.',
      'WEIR_ADMIN_KEY: what it holds is not visible ASCII characters without blanks.',
      'WEIR_KAFKA_BROKERS: "kafka" is not one or more addresses as host:port, apart by commas.',
      'WEIR_PARTITIONS: "0" is not a whole number from 1 to 1024.',
      'WEIR_RETENTION: "7d,8d" is not an age (7d), a size per topic (50GiB), both (7d,50GiB), or forever.',
      'WEIR_LATENESS: "60" is not a number with its unit: 500ms, 60s, 10m, 12h, 7d, 2w.',
      'WEIR_LOG_LEVEL: "loud" is not one of trace, debug, info, warn, error, silent.',
    ]);
    expect(JSON.stringify(problems)).not.toContain('secret');
  });
});

test('the help and the table name every variable', () => {
  for (const variable of Object.values(variables)) {
    expect(environmentHelp()).toContain(variable.name);
    expect(environmentTable()).toContain(`\`${variable.name}\``);
  }
});
