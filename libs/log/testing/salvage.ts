import { type Log, LogError } from '../src/index.js';

export interface Salvaged {
  /** Text by offset. */
  records: Map<number, string>;
  /** Ranges that the log itself reported as damaged. */
  lost: { from: number; to: number; file: unknown; position: unknown }[];
}

/** Reads all that can be read of a partition, going on behind damage as the log says. */
export async function salvage(log: Log, topic: string, partition: number): Promise<Salvaged> {
  const { partitions } = await log.describe(topic);
  const { earliest, next } = partitions[partition];
  const salvaged: Salvaged = { records: new Map(), lost: [] };
  for (let offset = earliest; offset < next; ) {
    try {
      const batch = await log.read(topic, partition, offset, { bytesMax: 3000 });
      for (let i = 0; i < batch.count; i++) salvaged.records.set(batch.offset(i), batch.value(i).toString());
      if (batch.count === 0) throw new RangeError(`Nothing at ${offset}, before the end at ${next}.`);
      offset = batch.nextOffset;
    } catch (error) {
      if (!(error instanceof LogError) || error.code !== 'LOG_CORRUPT') throw error;
      const { nextReadable, file, position } = error.facts as Record<string, number>;
      if (!(nextReadable > offset)) throw new RangeError(`Stuck at ${offset}: told to read on from ${nextReadable}.`);
      salvaged.lost.push({ from: offset, to: nextReadable, file, position });
      offset = nextReadable;
    }
  }
  return salvaged;
}
