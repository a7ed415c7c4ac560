import { type Log, LogError } from '#libs/log';

/** An event that an alert names: where it stands in the log, and itself where the alert carries it. */
export interface NamedEvent {
  topic: string;
  partition: number;
  offset: number;
  /** Event time. */
  time: string;
  /** Null: only the log has it. */
  event?: unknown;
}

/** What has become of it in the log. */
export interface EvidenceState extends NamedEvent {
  /** `gone`: removed by retention; `damaged`: it can't be read; `other`: another event stands there. */
  kind: 'there' | 'gone' | 'damaged' | 'other';
  /** As the log has it, or else the alert; null: nobody has it. */
  line: Buffer | null;
  /** When the log recorded it. */
  recordedMs: number | null;
}

/** Looks up what an alert names. */
export async function readEvidence(log: Pick<Log, 'read'>, evidence: readonly NamedEvent[]): Promise<EvidenceState[]> {
  const states: EvidenceState[] = [];
  for (const reference of evidence) states.push(await readOne(log, reference));
  return states;
}

async function readOne(log: Pick<Log, 'read'>, reference: NamedEvent): Promise<EvidenceState> {
  const { topic, partition, offset, event } = reference;
  const carried = event == null ? null : Buffer.from(JSON.stringify(event));
  const lost = (kind: EvidenceState['kind']): EvidenceState => {
    return { ...reference, kind, line: carried, recordedMs: null };
  };
  try {
    const batch = await log.read(topic, partition, offset, { bytesMax: 1, recordsMax: 1 });
    if (batch.count === 0 || batch.offset(0) !== offset) return lost('gone');
    const line = batch.value(0);
    if (carried !== null && identityOf(line) !== identityOf(carried)) return lost('other');
    return { ...reference, kind: 'there', line, recordedMs: batch.recordedAt(0) };
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    if (error.code === 'LOG_CORRUPT') return lost('damaged');
    if (['LOG_OFFSET_EXPIRED', 'LOG_OFFSET_BEYOND', 'LOG_TOPIC_UNKNOWN', 'LOG_PARTITION_UNKNOWN'].includes(error.code))
      return lost('gone');
    throw error;
  }
}

function identityOf(line: Buffer): string {
  const { source, id } = JSON.parse(line.toString()) as { source?: unknown; id?: unknown };
  return JSON.stringify([source, id]);
}
