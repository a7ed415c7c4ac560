import type { FastifyRequest } from 'fastify';
import { type Authenticator, includesScope } from '#libs/auth';
import { Problem } from './problem.js';

const CHALLENGE = { 'www-authenticate': 'Bearer realm="weir"' };

/**
 * Lets a request through or throws a Problem: 401 without a valid key, 403 with a key that lacks the route's scope.
 * Sets `request.principal`.
 */
export async function authenticate(request: FastifyRequest, keys: Authenticator): Promise<void> {
  const { headers, routeOptions } = request;
  const { scope, openOnLoopback } = routeOptions.config;
  const apiKey = headers['x-api-key'];
  const answer = await keys.authenticate({
    authorization: headers.authorization,
    apiKey: typeof apiKey === 'string' ? apiKey : undefined,
  });
  if (answer.kind === 'principal') {
    const { scopes } = answer.principal;
    if (!scope || scope === 'public' || !includesScope(scopes, scope)) {
      throw new Problem(403, 'SCOPE_MISSING', `This key lacks the scope ${scope}; use one that has it.`, { scope });
    }
    request.principal = answer.principal;
  } else if (answer.kind !== 'missing' || !openOnLoopback || !fromThisMachine(request)) {
    throw new Problem(401, `KEY_${answer.kind.toUpperCase()}`, answer.message, {}, CHALLENGE);
  }
}

/** A request that a proxy on this machine passes on is not from this machine. */
function fromThisMachine({ headers, socket }: FastifyRequest): boolean {
  const address = socket.remoteAddress ?? '';
  const loopback = /^(::ffff:)?127\.|^::1$/.test(address);
  return loopback && headers.forwarded === undefined && headers['x-forwarded-for'] === undefined;
}
