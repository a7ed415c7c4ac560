import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '#libs/clock';

/** How the producer compresses what it sends. The topic may ask for another codec: then the brokers compress again. */
export type KafkaCompression = 'none' | 'lz4' | 'zstd';

export interface KafkaSasl {
  mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  username: string;
  password: string;
}

export interface KafkaLogOptions {
  /** Some of the brokers, as host:port; they name the others. Kafka 4.0 or later: groups use its consumer protocol. */
  brokers: readonly string[];
  clock: Clock;
  tls?: ConnectionOptions;
  sasl?: KafkaSasl;
  /** Put before the name of every topic and group, so that several Weirs can share one cluster. Default: nothing. */
  prefix?: string;
  /** Copies of each partition of topics that are made. Default: what the brokers are set to. */
  replication?: number;
  /**
   * Static membership: a name that this process keeps over restarts, and no other has. Its partitions wait for it until
   * its session ends. Default: none, partitions go to others as soon as it closes.
   */
  instanceId?: string;
  /** Default `zstd`. */
  compression?: KafkaCompression;
  /** Largest key plus value of one record. Default 1 MiB. */
  recordBytesMax?: number;
  /** A batch of records of one partition is closed past this size, before compression. Default 1 MiB. */
  batchBytesMax?: number;
  /** Bytes that may wait for the brokers before appends reject with LOG_BUSY. Default 64 MiB. */
  waitingBytesMax?: number;
  /** How long an append, a commit or a question tries before it rejects with LOG_UNAVAILABLE. Default 10 s. */
  patienceMs?: number;
  /** How often a member of a group says that it lives, at least; brokers may want it more often. Default 1 s. */
  heartbeatMs?: number;
  /** Told what is being tried again: brokers away, a coordinator that moved. */
  onProblem?(problem: { what: string; error: Error }): void;
}

export type KafkaLimits = Required<Omit<KafkaLogOptions, 'tls' | 'sasl' | 'replication' | 'instanceId'>> &
  Pick<KafkaLogOptions, 'tls' | 'sasl' | 'replication' | 'instanceId'>;

const MIB = 1024 * 1024;

/** Fills in the defaults and checks how the limits relate. */
export function kafkaLimitsOf(options: KafkaLogOptions): KafkaLimits {
  const limits = {
    prefix: '',
    compression: 'zstd' as const,
    recordBytesMax: MIB,
    batchBytesMax: MIB,
    waitingBytesMax: 64 * MIB,
    patienceMs: 10_000,
    heartbeatMs: 1000,
    onProblem: () => {},
    ...options,
  };
  if (!(limits.recordBytesMax >= 1 && limits.recordBytesMax <= limits.waitingBytesMax)) {
    throw new RangeError(`recordBytesMax is ${limits.recordBytesMax}, but must be 1 to waitingBytesMax.`);
  }
  return limits;
}

/** What Kafka may store as one batch: the largest record, and what surrounds it. */
export const messageBytesMax = ({ recordBytesMax, batchBytesMax }: KafkaLimits): number =>
  Math.max(recordBytesMax, batchBytesMax) + 64 * 1024;
