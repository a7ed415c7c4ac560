import { Problem } from '../../../platform/src/index.js';

/** A parameter or body field (dotted) and what is wrong with it, to be read after its name. */
export interface FieldProblem {
  field: string;
  message: string;
}

export function invalidQuery(errors: readonly FieldProblem[]): Problem {
  return new Problem(400, 'PARAMETER_INVALID', sentenceOf(errors), { errors });
}

export function invalidBody(errors: readonly FieldProblem[]): Problem {
  return new Problem(422, 'BODY_INVALID', sentenceOf(errors), { errors });
}

function sentenceOf(errors: readonly FieldProblem[]): string {
  return `${errors.map(({ field, message }) => `${field || 'The body'} ${message}`).join('; ')}.`;
}

/** `kind` and `list` in words: "There is no alert x. GET /api/v1/alerts lists them." */
export function unknownThing(kind: string, id: string, list: string): Problem {
  return new Problem(
    404,
    `${kind.toUpperCase()}_UNKNOWN`,
    `There is no ${kind} ${JSON.stringify(id)}. GET ${list} lists them.`,
  );
}

export function unknownPartition(topic: string, partition: number, partitions: number): Problem {
  const detail = `Topic ${topic} has partitions 0 to ${partitions - 1}, no ${partition}.`;
  return new Problem(404, 'LOG_PARTITION_UNKNOWN', detail, { topic, partition, partitions });
}

export function tooManyStreams(streamsMax: number): Problem {
  const detail = `${streamsMax} clients already listen. Close some, or try again later.`;
  return new Problem(503, 'STREAMS_TOO_MANY', detail, { streamsMax }, { 'retry-after': '10' });
}
