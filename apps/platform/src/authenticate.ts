import type { FastifyRequest } from 'fastify';
import { type Authenticator, includesScope, type Principal, type Refusal } from '#libs/auth';
import { type Cookies, cookieOf } from './cookies.js';
import { Problem } from './problem.js';
import type { WrongKeys } from './wrong-keys.js';

const CHALLENGE = { 'www-authenticate': 'Bearer realm="weir"' };

export interface Doorkeeper {
  keys: Authenticator;
  cookies: Cookies;
  wrongKeys: WrongKeys | null;
}

/**
 * Lets a request through or throws a Problem: 401 without a valid key, 403 with a key that lacks the route's scope, 429
 * after too many wrong ones. Sets `request.principal`.
 */
export async function authenticate(request: FastifyRequest, { keys, cookies, wrongKeys }: Doorkeeper): Promise<void> {
  const { headers, routeOptions } = request;
  const { scope, openOnLoopback } = routeOptions.config;
  const apiKey = headers['x-api-key'];
  const given = {
    authorization: headers.authorization,
    apiKey: typeof apiKey === 'string' ? apiKey : undefined,
    session: cookieOf(request, cookies.session),
  };
  const answer = await keys.authenticate(given);
  if (answer.kind === 'principal') {
    const { principal } = answer;
    wrongKeys?.right(request, principal.id);
    if (!isAllowed(principal, scope)) {
      throw new Problem(403, 'SCOPE_MISSING', `This key lacks the scope ${scope}; use one that has it.`, { scope });
    }
    if (answer.bySession) refuseOtherSites(request);
    request.principal = principal;
    return;
  }
  // What was right once is no guess, and a browser sends its old cookie without being asked.
  const isNobody = answer.kind === 'missing' || answer.kind === 'ended';
  if (isNobody && openOnLoopback && fromThisMachine(request)) return;
  if (answer.kind === 'malformed' || answer.kind === 'unknown') wrongKeys?.wrong(request);
  throw new Problem(401, codeOf(answer), answer.message, {}, CHALLENGE);
}

function isAllowed({ scopes }: Principal, scope: string | undefined): boolean {
  if (scope === 'any') return true;
  return scope !== undefined && scope !== 'public' && includesScope(scopes, scope as Principal['scopes'][number]);
}

const codeOf = ({ kind }: Refusal) => (kind === 'ended' ? 'SESSION_ENDED' : `KEY_${kind.toUpperCase()}`);

/**
 * A browser sends its cookies for whoever asks it to: what changes something must come from a page of ours. Browsers say
 * where from in Sec-Fetch-Site, or on plain HTTP in Origin.
 */
export function refuseOtherSites({ method, headers }: FastifyRequest): void {
  if (method === 'GET' || method === 'HEAD') return;
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  const isOurs = site === undefined ? origin !== undefined && hostOf(origin) === host : site === 'same-origin';
  if (isOurs) return;
  const said = 'Another page asked for this with your session: it is refused. Programs send a key instead.';
  throw new Problem(403, 'CROSS_SITE', said);
}

const hostOf = (origin: string) => (URL.canParse(origin) ? new URL(origin).host : null);

/** A request that a proxy on this machine passes on is not from this machine. */
function fromThisMachine({ headers, socket }: FastifyRequest): boolean {
  const address = socket.remoteAddress ?? '';
  const loopback = /^(::ffff:)?127\.|^::1$/.test(address);
  return loopback && headers.forwarded === undefined && headers['x-forwarded-for'] === undefined;
}
