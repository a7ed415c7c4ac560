/** What both doors say of themselves in the OpenAPI document. */

export const batchSchema = {
  type: 'object',
  required: ['accepted', 'rejected'],
  properties: {
    accepted: { type: 'integer', description: 'Events that are in the log now' },
    rejected: {
      type: 'array',
      items: {
        type: 'object',
        required: ['index', 'code', 'field', 'reason'],
        properties: {
          index: { type: 'integer', description: 'Place of the item (the line, counted with empty ones), from 0' },
          code: { type: 'string' },
          field: { type: 'string', description: 'Path of the field at fault; empty where it is the whole item' },
          reason: { type: 'string' },
        },
      },
    },
  },
};

export const idempotencyHeader = {
  name: 'Idempotency-Key',
  required: false,
  description: 'Events without an id get one that follows from this, so that a request sent again counts once',
};

const problem = (status: number, description: string) => ({
  status,
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

export const problems = {
  400: problem(400, 'A parameter or header is wrong, or the body is not what its Content-Type says'),
  401: problem(401, 'No key, or an unknown one'),
  403: problem(403, 'The key lacks the scope ingest'),
  404: problem(404, 'No such stream; `streams` lists them'),
  413: problem(413, 'The body, or the batch, is too large'),
  415: problem(415, 'Media type or encoding not taken; `accepts` lists what is'),
  422: problem(422, 'Nothing was accepted; `rejected` says why. It is kept as dead letters'),
  429: problem(429, 'The log is busy, or the key sent its requests of this minute; try again after Retry-After'),
  503: problem(503, 'The log can’t be written now; nothing was acknowledged'),
};
