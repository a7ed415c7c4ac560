import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger, Repeats } from '#libs/telemetry';
import { Problem } from './problem.js';
import { problemOf } from './problem-of.js';
import type { RouteMethods } from './route-methods.js';

/** Answers every error as `application/problem+json`; logs those that are ours. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly routes: RouteMethods,
    private readonly repeats: Repeats,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    // A consumer's errors belong to its transport, which tries again.
    if (host.getType() !== 'http') throw error;
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = request.is404 ? this.notRouted(request) : problemOf(error);
    if (problem.status >= 500) this.log(problem, error, request);
    sendProblem(problem, request, reply);
  }

  /** A defect each time and with its stack; what is known to happen (a disk that is full) once in a while. */
  private log({ code, message }: Problem, err: unknown, { id: requestId, url }: FastifyRequest): void {
    const facts = { code, requestId, url };
    if (code === 'INTERNAL') this.logger.error({ ...facts, err }, message);
    else this.repeats.once(code, (held) => this.logger.error({ ...facts, reason: String(err), held }, message));
  }

  private notRouted(request: FastifyRequest): Problem {
    const path = pathOf(request);
    const allowed = this.routes.allowed(path);
    if (allowed.length === 0) return new Problem(404, 'NOT_FOUND', `There is nothing at ${path}. See /docs.`);
    const allow = allowed.join(', ');
    return new Problem(405, 'METHOD_NOT_ALLOWED', `${path} takes ${allow}, not ${request.method}.`, {}, { allow });
  }
}

export function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): void {
  if (reply.sent || reply.raw.headersSent) {
    // A stream that broke midway: cutting the connection is the only way left to say so.
    reply.raw.destroy();
    return;
  }
  if (request.routeOptions?.config.crowdsec) {
    const isStranger = problem.status === 401 || problem.status === 403;
    const message = isStranger ? 'access forbidden' : problem.message;
    reply
      .code(isStranger ? 403 : problem.status)
      .headers(problem.headers)
      .send({ message });
    return;
  }
  reply
    .code(problem.status)
    .headers(problem.headers)
    .header('content-type', 'application/problem+json')
    // A Buffer, because fastify would name a charset for text, which this media type does not have.
    .send(Buffer.from(JSON.stringify(problem.body(pathOf(request), request.id))));
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0];
}
