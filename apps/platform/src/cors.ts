import type { FastifyReply, FastifyRequest } from 'fastify';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const REQUEST_HEADERS =
  'authorization, x-api-key, content-type, content-encoding, if-match, if-none-match, idempotency-key, last-event-id';
const ANSWER_HEADERS = 'etag, location, retry-after, ratelimit, ratelimit-policy, x-request-id';
/** How long browsers remember a preflight's answer. */
const REMEMBERED_SECONDS = 600;

/**
 * Says to pages of these origins that they may ask, with a key: never with cookies, which are for our own page. True
 * where the request was a preflight, and is answered. Without origins nothing is said, and browsers refuse.
 */
export function allowOrigin(request: FastifyRequest, reply: FastifyReply, origins: readonly string[]): boolean {
  if (origins.length === 0) return false;
  // On the raw response, so that streams that bypass fastify have them too.
  reply.raw.setHeader('vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !origins.includes(origin)) return false;
  reply.raw.setHeader('access-control-allow-origin', origin);
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) {
    reply.raw.setHeader('access-control-expose-headers', ANSWER_HEADERS);
    return false;
  }
  reply
    .code(204)
    .header('access-control-allow-methods', METHODS)
    .header('access-control-allow-headers', REQUEST_HEADERS)
    .header('access-control-max-age', REMEMBERED_SECONDS)
    .send();
  return true;
}
