import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Admin, type Connection, ConnectionPool, deleteRecordsV2 } from '@platformatic/kafka';
import { afterAll, describe, it } from 'vitest';

const script = join(import.meta.dirname, '../../../deploy/kafka/kafka.mjs');

export interface TestKafka {
  brokers: readonly string[];
  /** The same brokers with TLS and SASL, for the user `weir`; `ca` is the file of whom to trust. */
  secure: { brokers: readonly string[]; ca: string; password: string };
  /** Stops or starts one of three brokers, or the only one. */
  stop(broker: number, force?: boolean): Promise<void>;
  start(broker: number): Promise<void>;
  /** Lets a broker hang, until what is returned is called. */
  freeze(broker: number): Promise<() => void>;
  /** Deletes the records of a partition before the offset, as retention does. */
  deleteBefore(topic: string, partition: number, offset: number): Promise<void>;
  /** Adds partitions to a topic, so that it has so many. */
  grow(topic: string, partitions: number): Promise<void>;
  /** Deletes all topics and groups whose names begin so. */
  deleteAll(prefix: string): Promise<void>;
}

const run = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args, '--json'], { timeout: 700_000 });
  return JSON.parse(stdout);
};

/**
 * A real Kafka for the specs of this file: one that runs already, or one that is started now; the last spec that uses it
 * stops what specs have started. Undefined where there is no Java: then it says in capital letters what is left out;
 * under CI that is a failure. Their data is in `data/kafka`, or in KAFKA_DATA. Three brokers are there to be disturbed: so they are for one file at a time.
 */
export async function kafkaForTests(what: string, size: 1 | 3 = 1): Promise<TestKafka | undefined> {
  const { KAFKA_DATA: data } = process.env;
  const ofSize = ['--brokers', String(size), ...(data ? ['--data', data] : [])];
  const users = join(tmpdir(), `weir-kafka-${size}`);
  const ours = join(users, 'started-by-specs');
  const me = join(users, String(process.pid));
  const isUsed = () => readdirSync(users).some((name) => /^\d+$/.test(name) && isAlive(Number(name)));
  try {
    const take = () =>
      alone(users, async () => {
        if (size === 3 && isUsed()) return undefined;
        writeFileSync(me, '');
        const answer = await run('start', ...ofSize);
        if (answer.started) writeFileSync(ours, '');
        return answer;
      });
    let taken = await take();
    for (; !taken; taken = await take()) await sleep(500);
    const { brokers, secure, ca } = taken;
    afterAll(() =>
      alone(users, async () => {
        rmSync(me, { force: true });
        if (!existsSync(ours) || isUsed()) return;
        await run('stop', ...ofSize);
        rmSync(ours);
      }),
    );
    const login = { brokers: String(secure).split(','), ca: String(ca), password: 'weir-trial' };
    return testKafka(String(brokers).split(','), login, ofSize);
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const why = stderr.trim() || message;
    if (process.env.CI) throw error;
    console.warn(`LEFT OUT: ${what.toUpperCase()} (${why})`);
    describe(what, () => it.skip(`left out: ${why}`, () => {}));
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** One process at a time; one that died in there is not waited for. */
async function alone<T>(folder: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, 'lock');
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch {
      const holder = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0;
      if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
      await sleep(100);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function testKafka(brokers: string[], secure: TestKafka['secure'], ofSize: string[]): TestKafka {
  const one = (broker: number) => (ofSize[1] === '1' ? ofSize : [...ofSize, '--broker', String(broker)]);
  return {
    brokers,
    secure,
    stop: async (broker, force = false) => {
      await run('stop', ...one(broker), ...(force ? ['--force'] : []));
    },
    start: async (broker) => {
      await run('start', ...one(broker));
    },
    freeze: async (broker) => {
      const { pids } = await run('start', ...one(broker));
      const [pid] = pids as number[];
      process.kill(pid, 'SIGSTOP');
      return () => process.kill(pid, 'SIGCONT');
    },
    deleteBefore: async (topic, partition, offset) => {
      const pool = new ConnectionPool('weir-tests');
      try {
        const [host, port] = brokers[0].split(':');
        const connection: Connection = await pool.get({ host, port: Number(port) });
        const partitions = [{ partitionIndex: partition, offset: BigInt(offset) }];
        await deleteRecordsV2.api.async(connection, [{ name: topic, partitions }], 5000);
      } finally {
        await pool.close();
      }
    },
    grow: async (topic, partitions) => {
      const admin = new Admin({ clientId: 'weir-tests', bootstrapBrokers: brokers });
      await admin
        .createPartitions({ topics: [{ name: topic, count: partitions, assignments: null }] })
        .finally(() => admin.close());
    },
    deleteAll: async (prefix) => {
      const admin = new Admin({ clientId: 'weir-tests', bootstrapBrokers: brokers });
      try {
        const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
        if (topics.length > 0) await admin.deleteTopics({ topics });
        const groups = [...(await admin.listGroups()).keys()].filter((group) => group.startsWith(prefix));
        if (groups.length > 0) await admin.deleteGroups({ groups });
      } finally {
        await admin.close();
      }
    },
  };
}
