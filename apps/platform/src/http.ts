import { randomBytes } from 'node:crypto';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator } from '#libs/auth';
import { type Clock, systemClock } from '#libs/clock';
import { type Logger, Repeats } from '#libs/telemetry';
import { authenticate, type Doorkeeper } from './authenticate.js';
import { acceptBodies, checkBodyHeaders } from './body.js';
import { answerClientError } from './client-error.js';
import { cookiesOf } from './cookies.js';
import { allowOrigin } from './cors.js';
import { InFlight } from './in-flight.js';
import { nestLogger } from './nest-logger.js';
import { ProblemFilter, sendProblem } from './problem.filter.js';
import { Problem } from './problem.js';
import { problemOf } from './problem-of.js';
import { Quotas, type RequestsPerMinute } from './quotas.js';
import { RouteMethods } from './route-methods.js';
import type { WrongKeys } from './wrong-keys.js';

export interface HttpOptions {
  keys: Authenticator;
  logger: Logger;
  /** How often one key may ask; without it, as often as it likes. */
  quotas?: RequestsPerMinute;
  /** Counts wrong keys of each client; without it, nobody does. */
  wrongKeys?: WrongKeys;
  /** Where people reach the app; with https, browsers are told to stay with it. */
  publicUrl?: string | null;
  /** Origins whose pages may ask with a key; default none. */
  corsOrigins?: readonly string[];
  /** Networks of reverse proxies whose `X-Forwarded-For` is believed; default none. */
  trustedProxies?: readonly string[];
  /** Default: the system's. */
  clock?: Clock;
  /** Largest request body, as sent and decompressed. Default 16 MiB. */
  bodyBytesMax?: number;
  /** Longest time that a request may take to arrive. Default 60 s. */
  requestMs?: number;
  /** Longest time that closing waits for answers under way; then their connections are cut. Default 10 s. */
  drainMs?: number;
  /** Beginnings of paths whose routes say nothing of scopes and are open (the page of the API). */
  publicPaths?: readonly string[];
}

const URL_PARAMETER_LENGTH_MAX = 1024;

const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
/** Two years, as RFC 6797 (section 6.1) writes it. */
const STAY_WITH_HTTPS = { 'strict-transport-security': 'max-age=63072000' };

/**
 * A Nest application on fastify that answers errors as problem+json, asks for keys before it reads a body, and limits
 * what it reads. A route without `@RequireScope`, `@AnyKey` or `@Public` makes this reject. `app.close()` lets requests in flight
 * finish and ends event streams.
 */
export async function createHttpApp(
  module: DynamicModule | Type,
  options: HttpOptions,
): Promise<NestFastifyApplication> {
  const { logger, clock = systemClock, trustedProxies = [] } = options;
  const { bodyBytesMax = 16 * 2 ** 20, requestMs = 60_000, drainMs = 10_000 } = options;
  const idPrefix = randomBytes(4).toString('hex');
  let requests = 0;
  const adapter = new PlainAdapter({
    bodyLimit: bodyBytesMax,
    requestTimeout: requestMs,
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    return503OnClosing: false,
    genReqId: () => `${idPrefix}-${++requests}`,
    routerOptions: { maxParamLength: URL_PARAMETER_LENGTH_MAX },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(problemOf(error), request, reply),
  });
  const fastify = adapter.getInstance();
  const routes = new RouteMethods();
  const inFlight = new InFlight();
  acceptBodies(fastify, bodyBytesMax);
  registerRoutes(fastify, routes, options.publicPaths ?? []);
  const quotas = options.quotas && new Quotas(options.quotas, clock);
  const cookies = cookiesOf(options.publicUrl ?? null);
  const door = { keys: options.keys, cookies, wrongKeys: options.wrongKeys ?? null };
  admitRequests(fastify, inFlight, { door, quotas, bodyBytesMax, corsOrigins: options.corsOrigins ?? [] });
  drainOnClose(fastify, inFlight, drainMs);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    logger: nestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new ProblemFilter(logger, routes, new Repeats(clock)));
  return app;
}

/** Hands fastify's errors on as they are; problemOf knows them by their codes. */
class PlainAdapter extends FastifyAdapter {
  override mapException(error: unknown): unknown {
    return error;
  }
}

/** Remembers every route, and refuses one that does not say whom it is for. */
function registerRoutes(fastify: FastifyInstance, routes: RouteMethods, publicPaths: readonly string[]): void {
  fastify.decorate('declaredRoutes', routes.declared);
  fastify.addHook('onRoute', (route) => {
    route.config ??= {};
    if (publicPaths.some((path) => route.url.startsWith(path))) route.config.scope ??= 'public';
    if (route.config.scope === undefined) {
      throw new TypeError(`${route.method} ${route.url} declares none of @RequireScope, @AnyKey and @Public.`);
    }
    routes.add(route.url, route.method, route.config.scope);
  });
}

interface Admission {
  door: Doorkeeper;
  quotas: Quotas | undefined;
  bodyBytesMax: number;
  corsOrigins: readonly string[];
}

/** What happens to every request before its body is read. */
function admitRequests(fastify: FastifyInstance, inFlight: InFlight, limits: Admission): void {
  const securityHeaders = { ...SECURITY_HEADERS, ...(limits.door.cookies.secure ? STAY_WITH_HTTPS : {}) };
  fastify.decorateRequest('principal', null);
  fastify.addHook('onRequest', (request, reply, done) => {
    inFlight.add(reply.raw);
    // On the raw response, so that streams that bypass fastify have them too.
    for (const [name, value] of Object.entries(securityHeaders)) reply.raw.setHeader(name, value);
    reply.raw.setHeader('x-request-id', request.id);
    if (allowOrigin(request, reply, limits.corsOrigins)) return;
    if (inFlight.draining) {
      const headers = { 'retry-after': '5', connection: 'close' };
      done(new Problem(503, 'SHUTTING_DOWN', 'Weir is shutting down; try again soon.', {}, headers));
    } else if (request.is404) done();
    else admit(request, reply, limits).then(() => done(), done);
  });
  fastify.addHook('onResponse', (_request, reply, done) => {
    inFlight.delete(reply.raw);
    done();
  });
}

function drainOnClose(fastify: FastifyInstance, inFlight: InFlight, drainMs: number): void {
  fastify.addHook('preClose', (done) => {
    inFlight.drain();
    const deadline = setTimeout(() => fastify.server.closeAllConnections(), drainMs);
    fastify.server.once('close', () => clearTimeout(deadline));
    done();
  });
}

async function admit(request: FastifyRequest, reply: FastifyReply, limits: Admission): Promise<void> {
  const { door, quotas, bodyBytesMax } = limits;
  if (request.routeOptions.config.scope !== 'public') {
    await authenticate(request, door);
    quotas?.take(request, reply);
  }
  checkBodyHeaders(request, bodyBytesMax);
}
