import type { Log, LogRecord } from '#libs/log';

export interface Append {
  topic: string;
  records: readonly LogRecord[];
}

/** A log takes some tens of megabytes at once, and refuses more for ever; a step may bring that. */
const pieceBytes = 16 << 20;

/** Appends piece by piece, each after the other, as the records have an order. What was refused, and why; null: nothing. */
export async function appendInPieces(
  log: Pick<Log, 'append'>,
  { topic, records }: Append,
): Promise<{ left: Append; reason: unknown } | null> {
  for (let from = 0; from < records.length; ) {
    let until = from;
    for (let bytes = 0; until < records.length && bytes < pieceBytes; until++) bytes += records[until].value.length;
    try {
      await log.append(topic, records.slice(from, until));
    } catch (reason) {
      return { left: { topic, records: records.slice(from) }, reason };
    }
    from = until;
  }
  return null;
}
