import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, type Observable, of } from 'rxjs';
import type { DataSource } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import type { Clock } from '#libs/clock';
import { answerTo, keepAnswer } from '#libs/storage';
import type { Logger } from '#libs/telemetry';
import { CLOCK, DATABASE, Problem } from '../../../platform/src/index.js';
import { LOGGER } from '../ports.js';

export const idempotencyHeader = {
  name: 'Idempotency-Key',
  required: false,
  description:
    'A request that is sent again with the same one, within a day, does nothing more and is answered as before',
};

/** A field of the answer that is told once and kept nowhere: a request that comes again is refused, and told what to do. */
export interface Untold {
  field: string;
  /** One sentence, and what to do, given the rest of the answer and the parameters of the path. */
  said(answer: Readonly<Record<string, unknown>>, params: Readonly<Record<string, string>>): string;
}

/** As it is kept. */
interface Answer {
  body: unknown;
  etag: string | null;
}

const untoldOf = new WeakMap<object, Untold>();
const known = new WeakMap<FastifyRequest, KeyedRequest>();
/** So often, and so long apart, it is looked whether a request that comes twice at once has its answer. */
const looksMax = 20;
const lookMs = 50;

/** The handler's answer has a secret in this field. */
export function withUntold(untold: Untold): MethodDecorator {
  return (_target, _name, descriptor) => void untoldOf.set(descriptor.value as object, untold);
}

/** The request, where it has an Idempotency-Key: for the transaction that does what is asked for. */
export const keyedOf = (request: FastifyRequest): KeyedRequest | undefined => known.get(request);

/**
 * Answers a request that comes again with its Idempotency-Key as it was answered before, without asking the handler. That it was done is written by
 * the handler's own transaction (`once`), the answer when it is given: where a crash comes between, whoever asks again learns that it was done.
 * What was refused may be sent again.
 */
@Injectable()
export class OncePerKey implements NestInterceptor {
  constructor(
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const keyed = this.read(request);
    if (keyed === undefined) return next.handle();
    const before = await answerTo(this.database, keyed);
    if (before) return this.again(context, before.answer);
    known.set(request, keyed);
    let body: unknown;
    try {
      body = await lastValueFrom(next.handle());
    } catch (error) {
      const first = isDone(error) ? await this.answerOfFirst(keyed) : null;
      if (first) return this.again(context, first);
      throw error;
    }
    await this.keep(context, keyed, body);
    return of(body);
  }

  private read({ method, url, headers, principal, body }: FastifyRequest): KeyedRequest | undefined {
    const key = headers['idempotency-key'];
    if (key === undefined) return undefined;
    if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key))
      throw new Problem(400, 'IDEMPOTENCY_KEY_INVALID', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
    const asked = JSON.stringify([method, url, body ?? null]);
    const digest = createHash('sha256').update(asked).digest('base64url');
    return { actor: principal!.id, key, digest, at: new Date(this.clock.now()) };
  }

  /** Throws a 409 problem where the answer was not kept, or held what is told once. */
  private again(context: ExecutionContext, answer: unknown): Observable<unknown> {
    const http = context.switchToHttp();
    if (answer === null) {
      const detail =
        'A request with this Idempotency-Key was done before, and its answer was not kept, or not yet: look at what it did.';
      throw new Problem(409, 'REQUEST_DONE', detail);
    }
    const { body, etag } = answer as Answer;
    const untold = untoldOf.get(context.getHandler());
    if (untold) {
      const params = http.getRequest<FastifyRequest<{ Params: Record<string, string> }>>().params;
      throw new Problem(409, 'SECRET_TOLD', untold.said(body as Record<string, unknown>, params));
    }
    if (etag !== null) http.getResponse<FastifyReply>().header('etag', etag);
    return of(body);
  }

  /** Of two at the same time the first is done, and may not have its answer yet. */
  private async answerOfFirst(keyed: KeyedRequest): Promise<unknown> {
    for (let look = 1; ; look++) {
      const first = await answerTo(this.database, keyed);
      if (first === undefined || first.answer !== null || look === looksMax) return first?.answer ?? null;
      await delay(lookMs);
    }
  }

  /** It is done: an answer that can't be kept is given all the same. */
  private async keep(context: ExecutionContext, keyed: KeyedRequest, body: unknown): Promise<void> {
    const untold = untoldOf.get(context.getHandler());
    const told = untold ? { ...(body as object), [untold.field]: undefined } : body;
    const etag = context.switchToHttp().getResponse<FastifyReply>().getHeader('etag');
    const answer: Answer = { body: told ?? null, etag: typeof etag === 'string' ? etag : null };
    try {
      await keepAnswer(this.database, keyed, answer);
    } catch (error) {
      this.logger.warn({ err: error }, 'An answer was not kept: whoever asks again learns only that it was done');
    }
  }
}

const isDone = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'REQUEST_DONE';
