import { LogError } from '#libs/log';

/** Where a read failed, and where reading can go on (undefined: nowhere yet). */
export interface ReadProblem {
  topic: string;
  partition: number;
  wanted: number;
  next: number | undefined;
}

/** Null where what failed was not a read. */
export function readProblemOf(error: unknown): ReadProblem | null {
  if (!(error instanceof LogError) || typeof error.facts.wanted !== 'number') return null;
  const { topic, partition, wanted, earliest, nextReadable } = error.facts;
  return { topic, partition, wanted, next: earliest ?? nextReadable } as ReadProblem;
}
