import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#libs/clock';
import { openKafkaLog, partitionOf } from '#libs/log';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { kafkaForTests, type TestKafka } from '../../libs/log/testing/kafka.js';
import { adminKey, alertsOf } from './outcome.js';
import { programsForTests } from './programs.js';

const kafka = await kafkaForTests('kcat on the topics of Weir');
const programs = kafka && programsForTests('kcat on the topics of Weir', ['kcat'], 'kcat');
const prefix = `e2e-kcat-${process.pid}-${Math.trunc(performance.timeOrigin)}.`;
const partitions = 16;

if (kafka && programs) describe('kcat', () => withKcat(kafka, programs.kcat));

interface Message {
  partition: number;
  offset: number;
  key: string | null;
  payload: string;
}

function withKcat(cluster: TestKafka, program: string): void {
  let cli: Cli;
  let weir: Running;
  beforeAll(async () => {
    cli = new Cli();
    weir = await cli.start({
      WEIR_KAFKA_BROKERS: cluster.brokers.join(','),
      WEIR_KAFKA_PREFIX: prefix,
      WEIR_PARTITIONS: String(partitions),
    });
  });
  afterAll(async () => {
    await cli.close();
    await cluster.deleteAll(prefix);
  });

  /** Runs it to its end. */
  const kcat = async (args: readonly string[], input = ''): Promise<string> => {
    const child = spawn(program, ['-q', '-b', cluster.brokers.join(','), ...args], { stdio: 'pipe' });
    child.stdin.end(input);
    const ended = new Promise((resolve) => child.on('exit', resolve));
    const [said, problems, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    expect({ code, problems }).toEqual({ code: 0, problems: '' });
    return said;
  };
  const messagesOf = async (topic: string): Promise<Message[]> => {
    const said = await kcat(['-C', '-t', prefix + topic, '-e', '-J']);
    return said.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Message]));
  };
  const failure = (ip: string, i: number) => ({
    specversion: '1.0',
    id: `${ip}/${i}`,
    source: 'kcat',
    type: 'login',
    time: new Date(Date.now() - 10_000 + i).toISOString(),
    data: { outcome: 'failure', user: 'root', ip, service: 'sshd' },
  });

  test('reads what was sent over HTTP, as JSON', async () => {
    const events = Array.from({ length: 50 }, (_, i) => failure(`198.51.100.${i}`, i));
    const headers = { 'content-type': 'application/cloudevents-batch+json', 'x-api-key': adminKey(cli) };
    const answer = await fetch(`${weir.url}/api/v1/events`, { method: 'POST', headers, body: JSON.stringify(events) });
    expect(answer.status).toBe(200);
    const messages = await messagesOf('login');
    const read = messages.map(({ payload }) => JSON.parse(payload) as { id: string });
    expect(read.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(events.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    for (const { key, partition } of messages) expect(partition).toBe(partitionOf(Buffer.from(key!), partitions));
  });

  test('writes events that are detected, to the partitions that we would choose', async () => {
    const ips = Array.from({ length: 20 }, (_, i) => `192.0.2.${i + 1}`);
    const lines = ips.flatMap((ip) =>
      Array.from({ length: 6 }, (_, i) => `${ip}\t${JSON.stringify(failure(ip, i))}\n`),
    );
    await kcat(['-P', '-t', `${prefix}login`, '-K', '\t', '-X', 'partitioner=murmur2_random'], lines.join(''));
    await cli.json('lag', '--wait');
    const alerts = await alertsOf(weir.url, adminKey(cli));
    const accused = alerts.filter(({ rule }) => rule === 'ssh-bruteforce').map(({ group, peak }) => [group.ip, peak]);
    expect(accused.toSorted()).toEqual(ips.map((ip) => [ip, 6]).toSorted());

    const messages = (await messagesOf('login')).filter(({ key }) => key?.startsWith('192.0.2.'));
    expect(messages).toHaveLength(ips.length * 6);
    for (const { key, partition } of messages) expect(partition).toBe(partitionOf(Buffer.from(key!), partitions));
    expect(new Set(messages.map(({ partition }) => partition)).size).toBeGreaterThan(4);
  });

  test('and our log agree on partitions, whatever the key', async () => {
    const log = await openKafkaLog({ brokers: cluster.brokers, clock: systemClock, prefix });
    await log.createTopic('keys', { partitions });
    // No byte that kcat takes for the end of a key or a message.
    const keys = Array.from({ length: 500 }, (_, i) => `${'ключ-é-\u0001'.repeat(i % 7)}${i}`);
    await log.append(
      'keys',
      keys.map((key) => ({ key: Buffer.from(key), time: 0, value: Buffer.from('ours') })),
    );
    const args = ['-P', '-t', `${prefix}keys`, '-K', '\t', '-X', 'partitioner=murmur2_random'];
    await kcat(args, keys.map((key) => `${key}\ttheirs\n`).join(''));
    await log.close();
    const messages = await messagesOf('keys');
    const partitionsOf = (writer: string) =>
      Object.fromEntries(messages.filter(({ payload }) => payload === writer).map((m) => [m.key, m.partition]));
    expect(Object.keys(partitionsOf('ours'))).toHaveLength(keys.length);
    expect(partitionsOf('theirs')).toEqual(partitionsOf('ours'));
  });
}
