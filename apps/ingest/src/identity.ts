import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { positionId } from '#libs/parsers';
import { Problem } from '../../platform/src/index.js';

/** Gives events that name no source and id of their own one. */
export interface Identity {
  source: string;
  /** Id of the `k`-th event of the item at `position`. */
  id(position: number, k: number): string;
}

/**
 * Without a header, ids are fresh. With `Idempotency-Key` they follow from it and from the place in the request, so
 * that a request sent again counts once.
 */
export function identityOf(request: FastifyRequest, source?: string): Identity {
  const given = request.headers['idempotency-key'];
  if (given !== undefined && !/^[\x21-\x7e]{1,255}$/.test(String(given))) {
    throw new Problem(400, 'IDEMPOTENCY_KEY_INVALID', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
  }
  const base = given ?? randomUUID();
  return {
    source: source ?? `/keys/${request.principal!.id}`,
    id: (position, k) => `${base}:${positionId(position, k)}`,
  };
}
