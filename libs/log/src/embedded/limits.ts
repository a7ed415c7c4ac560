import type { Clock } from '#libs/clock';
import { type OpenFile, openDataFile } from './files.js';

/** Bytes found damaged, or cut off as the torn tail of a crash. Told once to whoever opened the log. */
export interface Damage {
  /** `tail-cut`: the last write before a crash was incomplete; it had not been acknowledged and is gone. */
  kind: 'tail-cut' | 'damaged';
  file: string;
  /** Bytes from the start of the file. */
  position: number;
  bytes: number;
}

export interface EmbeddedLogOptions {
  /** The folder that holds everything. Made when it is missing. One process at a time may open it. */
  directory: string;
  clock: Clock;
  /** Largest key plus value of one record. Default 1 MiB. */
  recordBytesMax?: number;
  /** An append larger than this is written on its own; smaller ones share a write and a sync. Default 2 MiB. */
  groupBytesMax?: number;
  /** A new segment is begun past this size; retention deletes whole segments. Default 64 MiB. */
  segmentBytesMax?: number;
  /** Bytes that may wait for the disk before appends reject with LOG_BUSY, all topics together. Default 64 MiB. */
  waitingBytesMax?: number;
  /** Memory for what was written or read last, all topics together. Default 64 MiB. */
  cacheBytesMax?: number;
  /** How often topics to which nothing is appended let go of what is too old. Default 5 min, as Kafka's brokers. */
  expireEveryMs?: number;
  /** Told about damage that opening the log finds. Damage met later rejects the read with LOG_CORRUPT. */
  onDamage?(damage: Damage): void;
  /** How data files are opened; tests put failing disks here. */
  openFile?: OpenFile;
}

export type Limits = Required<Omit<EmbeddedLogOptions, 'onDamage'>> & { onDamage(damage: Damage): void };

const MIB = 1024 * 1024;
/** Positions inside a segment are 32-bit. */
const segmentBytesCeiling = 1024 * MIB;

/** Fills in the defaults and checks how the limits relate. */
export function limitsOf(options: EmbeddedLogOptions): Limits {
  const limits = {
    recordBytesMax: MIB,
    groupBytesMax: 2 * MIB,
    segmentBytesMax: 64 * MIB,
    waitingBytesMax: 64 * MIB,
    cacheBytesMax: 64 * MIB,
    expireEveryMs: 5 * 60_000,
    onDamage: () => {},
    openFile: openDataFile,
    ...options,
  };
  assertAtMost(limits, 'recordBytesMax', limits.waitingBytesMax, 'waitingBytesMax');
  assertAtMost(limits, 'groupBytesMax', segmentBytesCeiling, '1 GiB');
  assertAtMost(limits, 'waitingBytesMax', segmentBytesCeiling, '1 GiB');
  assertAtMost(limits, 'segmentBytesMax', segmentBytesCeiling, '1 GiB');
  return limits;
}

function assertAtMost<K extends string>(limits: Record<K, number>, name: K, most: number, what: string): void {
  if (!(limits[name] >= 1 && limits[name] <= most)) {
    throw new RangeError(`${name} is ${limits[name]}, but must be at least 1 and at most ${what}.`);
  }
}
