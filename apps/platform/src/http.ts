import { randomBytes } from 'node:crypto';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator } from '#libs/auth';
import { type Clock, systemClock } from '#libs/clock';
import { type Logger, Repeats } from '#libs/telemetry';
import { authenticate } from './authenticate.js';
import { acceptBodies, checkBodyHeaders } from './body.js';
import { answerClientError } from './client-error.js';
import { InFlight } from './in-flight.js';
import { nestLogger } from './nest-logger.js';
import { ProblemFilter, sendProblem } from './problem.filter.js';
import { Problem } from './problem.js';
import { problemOf } from './problem-of.js';
import { Quotas, type RequestsPerMinute } from './quotas.js';
import { RouteMethods } from './route-methods.js';

export interface HttpOptions {
  keys: Authenticator;
  logger: Logger;
  /** How often one key may ask; without it, as often as it likes. */
  quotas?: RequestsPerMinute;
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

const SECURITY_HEADERS = Object.entries({
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
});

/**
 * A Nest application on fastify that answers errors as problem+json, asks for keys before it reads a body, and limits
 * what it reads. A route without `@RequireScope` or `@Public` makes this reject. `app.close()` lets requests in flight
 * finish and ends event streams.
 */
export async function createHttpApp(
  module: DynamicModule | Type,
  options: HttpOptions,
): Promise<NestFastifyApplication> {
  const { logger, clock = systemClock, bodyBytesMax = 16 * 2 ** 20, requestMs = 60_000, drainMs = 10_000 } = options;
  const idPrefix = randomBytes(4).toString('hex');
  let requests = 0;
  const adapter = new PlainAdapter({
    bodyLimit: bodyBytesMax,
    requestTimeout: requestMs,
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
  admitRequests(fastify, inFlight, { keys: options.keys, quotas, bodyBytesMax });
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
  fastify.addHook('onRoute', (route) => {
    route.config ??= {};
    if (publicPaths.some((path) => route.url.startsWith(path))) route.config.scope ??= 'public';
    if (route.config.scope === undefined) {
      throw new TypeError(`${route.method} ${route.url} declares neither @RequireScope nor @Public.`);
    }
    routes.add(route.url, route.method);
  });
}

interface Admission {
  keys: Authenticator;
  quotas: Quotas | undefined;
  bodyBytesMax: number;
}

/** What happens to every request before its body is read. */
function admitRequests(fastify: FastifyInstance, inFlight: InFlight, limits: Admission): void {
  fastify.decorateRequest('principal', null);
  fastify.addHook('onRequest', (request, reply, done) => {
    inFlight.add(reply.raw);
    // On the raw response, so that streams that bypass fastify have them too.
    for (const [name, value] of SECURITY_HEADERS) reply.raw.setHeader(name, value);
    reply.raw.setHeader('x-request-id', request.id);
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
  const { keys, quotas, bodyBytesMax } = limits;
  if (request.routeOptions.config.scope !== 'public') {
    await authenticate(request, keys);
    quotas?.take(request, reply);
  }
  checkBodyHeaders(request, bodyBytesMax);
}
