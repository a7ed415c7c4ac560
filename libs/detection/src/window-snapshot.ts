import { crc32 } from 'node:zlib';
import { restoreWindow, snapshotWindow, type WindowSnapshot } from '#libs/windows';
import type { DetectionPlan } from './plan.js';
import { isInner } from './plan-chain.js';
import { changeOf, type RuleBefore, type RuleChange, takeOver } from './plan-change.js';
import type { WindowPartition } from './window-partition.js';
import type { WriterMerge } from './writer-merge.js';

/**
 * A partition's state on disk: {u32 CRC of the rest, u32 bytes of the head} · head as JSON · columns, each on a
 * multiple of eight. State, position and applied origins are one unit.
 */
interface Head {
  version: 6;
  position: number;
  sources: [string, number][];
  applied: number[];
  rules: {
    key: string;
    before: RuleBefore;
    isInner: boolean;
    groups: number;
    /** Groups that are part of larger ones: all or none. */
    parents: number;
    events: number;
    values: number;
    /** Groups with a memory, and numbers in all their memories. */
    remembering: number;
    remembered: number;
    state: Omit<WindowSnapshot, 'groups' | 'newest' | 'parents' | 'events' | 'memory'>;
  }[];
  /** What waits for other writers, by rule, and how far each source was read. */
  held: { rule: number; count: number }[];
  marks: WriterMerge['marks'];
  readUntil: (number | null)[];
}

const prefixBytes = 8;
const padded = (bytes: number): number => (bytes + 7) & ~7;

/** Only between batches, when every change was handed out. */
export function encodeSnapshot(partition: WindowPartition): Uint8Array[] {
  const { merge } = partition;
  const head: Head = {
    version: 6,
    position: partition.position,
    sources: partition.sources.map(([t, p]) => [t, p]),
    applied: partition.applied,
    rules: [],
    held: merge.held.map(({ rule, count }) => ({ rule, count })),
    marks: merge.marks,
    readUntil: merge.readUntil,
  };
  const columns: Uint8Array[] = [];
  for (const [rule, store] of partition.stores) {
    const { groups, newest, parents, events, memory, ...state } = snapshotWindow(store);
    head.rules.push({
      key: rule.key,
      before: { info: { id: rule.info.id, name: rule.info.name }, meaning: rule.meaning, spec: rule.spec },
      isInner: isInner(rule),
      groups: groups.lo.length,
      parents: parents.lo.length,
      events: events.times.length,
      values: events.values.length,
      remembering: memory.lengths.length,
      remembered: memory.numbers.length,
      state,
    });
    for (const part of [groups, { newest }, parents, events, memory]) {
      for (const column of Object.values(part)) columns.push(paddedBytes(column));
    }
  }
  for (const { count, times, origins, values, recordedAt, groupLo, groupHi } of merge.held) {
    for (const column of [times, origins, values, recordedAt, groupLo, groupHi]) {
      columns.push(paddedBytes(column.subarray(0, count)));
    }
  }
  const json = Buffer.from(JSON.stringify(head));
  const start = new Uint8Array(padded(prefixBytes + json.length));
  start.set(json, prefixBytes);
  const view = new DataView(start.buffer);
  view.setUint32(4, json.length, true);
  const crc = columns.reduce((sum, column) => crc32(column, sum), crc32(start.subarray(4)));
  view.setUint32(0, crc, true);
  return [start, ...columns];
}

function paddedBytes(column: Float64Array | Int32Array | Uint32Array): Uint8Array {
  const bytes = new Uint8Array(padded(column.byteLength));
  bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  return bytes;
}

/**
 * Fills a fresh partition. False where the bytes are damaged or of another version: the state is then rebuilt from the
 * log. It may have been taken under another plan: windows go on or start afresh as `changePlan` has it, and what became
 * of rules that are not as they were is added to `changes`.
 */
export function decodeSnapshot(
  bytes: Buffer,
  partition: WindowPartition,
  plan: DetectionPlan,
  changes: RuleChange[],
): boolean {
  const aligned = new Uint8Array(bytes);
  const view = new DataView(aligned.buffer);
  if (aligned.length < prefixBytes || view.getUint32(0, true) !== crc32(aligned.subarray(4))) return false;
  const headBytes = view.getUint32(4, true);
  const head = JSON.parse(Buffer.from(aligned.subarray(prefixBytes, prefixBytes + headBytes)).toString()) as Head;
  if (head.version !== 6) return false;
  partition.position = head.position;
  partition.sources.push(...head.sources);
  partition.applied.push(...head.applied);
  const rules = new Map([...plan.byHash.values()].map((rule) => [rule.key, rule]));
  let at = padded(prefixBytes + headBytes);
  const take = <T>(
    make: new (buffer: ArrayBuffer, at: number, length: number) => T,
    length: number,
    width: number,
  ): T => {
    const column = new make(aligned.buffer as ArrayBuffer, at, length);
    at += padded(length * width);
    return column;
  };
  for (const saved of head.rules) {
    const words = (length = saved.groups) => take(Uint32Array, length, 4);
    const hashes = (length = saved.groups) => take(Int32Array, length, 4);
    const groups = { lo: hashes(), hi: hashes(), touchedMark: words(), touchedAt: words(), length: words() };
    const rule = rules.get(saved.key);
    const floats = (length: number) => take(Float64Array, length, 8);
    const newest = floats(saved.groups);
    const parents = { lo: hashes(saved.parents), hi: hashes(saved.parents), values: floats(saved.parents) };
    const events = { times: floats(saved.events), origins: floats(saved.events), values: floats(saved.values) };
    const memory = { lengths: words(saved.remembering), numbers: floats(saved.remembered) };
    const change = changeOf(saved.before, rule);
    if (change !== null && !saved.isInner) changes.push(change);
    if (rule === undefined || change?.kind === 'reset') continue;
    const spec = partition.specOf(rule);
    const caps = { groupsMax: spec.groupsMax, eventsPerGroupMax: spec.eventsPerGroupMax };
    const store = restoreWindow(
      { ...saved.before.spec, ...caps },
      { ...saved.state, groups, newest, parents, events, memory },
    );
    partition.stores.set(rule, takeOver(store, saved.before.spec, spec));
  }
  for (const { rule, count } of head.held) {
    const [times, origins, values, recordedAt] = Array.from({ length: 4 }, () => take(Float64Array, count, 8));
    const [groupLo, groupHi] = [take(Int32Array, count, 4), take(Int32Array, count, 4)];
    const hits = { rule, count, times, origins, values, recordedAt, groupLo, groupHi };
    partition.merge.hold([hits]);
  }
  partition.merge.marks = head.marks;
  for (const [source, ms] of head.readUntil.entries()) if (ms !== null) partition.merge.readUntil[source] = ms;
  return true;
}
