import { applyDecorators, type CanActivate, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { TObject, TSchema } from 'typebox';
import { idempotencyHeader, OncePerKey, type Untold, withUntold } from './once-per-key.js';
import { refuseQuery } from './query.js';

type OpenApiSchema = Extract<Parameters<typeof ApiQuery>[0], { schema: unknown }>['schema'];

export interface Documented {
  summary: string;
  /** What the route answers when all is well; left out: no body (204). */
  answers?: TSchema;
  status?: number;
  description?: string;
  query?: TObject;
  body?: TObject;
  params?: Readonly<Record<string, string>>;
  /** Problems beyond those that every route can answer (400, 401, 403, 429). */
  problems?: Readonly<Record<number, string>>;
  contentType?: string;
  open?: boolean;
  /** What Last-Event-ID means to the stream. */
  lastEventId?: string;
  /**
   * It takes an Idempotency-Key: the handler passes `keyedOf(request)` on to the transaction that does what is asked for. With a secret in its answer: which
   * field, and what is said to whoever asks again.
   */
  once?: true | Untold;
}

const everywhere: Readonly<Record<number, string>> = {
  400: 'A parameter is wrong; `errors` names it',
  401: 'No key, or an unknown one',
  403: 'The key lacks the scope',
  429: 'The key made its requests of this minute; `Retry-After` says when to go on',
};

const takesNoQuery: CanActivate = {
  canActivate: (context) => {
    refuseQuery(context.switchToHttp().getRequest<FastifyRequest<{ Querystring: Record<string, unknown> }>>().query);
    return true;
  },
};

/**
 * The route's page in the OpenAPI document, from the very schemas that check its requests. A route without a query
 * refuses one, unless it is open: probes add what they like.
 */
export function Documented(route: Documented): MethodDecorator {
  const { summary, description, query, body, params = {}, open = false } = route;
  const problems = { ...(open ? {} : everywhere), ...route.problems, ...(route.once ? refusedAgain(route) : {}) };
  return applyDecorators(
    ApiOperation({ summary, description, ...(open ? { security: [] } : {}) }),
    answer(route),
    ...(query || open ? [] : [UseGuards(takesNoQuery)]),
    ...Object.entries(params).map(([name, text]) => ApiParam({ name, description: text, schema: { type: 'string' } })),
    ...Object.entries(query?.properties ?? {}).map(([name, schema]) => queryParameter(name, schema)),
    ...(route.lastEventId
      ? [ApiHeader({ name: 'Last-Event-ID', description: route.lastEventId, required: false })]
      : []),
    ...(route.once ? [ApiHeader(idempotencyHeader), UseInterceptors(OncePerKey)] : []),
    ...(typeof route.once === 'object' ? [withUntold(route.once)] : []),
    ...(body ? [ApiBody({ schema: openApi(body) })] : []),
    ...Object.entries(problems).map(([status, text]) =>
      ApiResponse({
        status: Number(status),
        description: text,
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      }),
    ),
  );
}

/** What a request that comes again may be answered beside. */
function refusedAgain({ once, problems = {} }: Documented): Record<number, string> {
  const again =
    typeof once === 'object'
      ? `The request came again with its Idempotency-Key: the ${once.field} was told to the first`
      : 'The request came again with its Idempotency-Key, and the answer to the first was not kept';
  const reused = 'The Idempotency-Key came with another request';
  const joined = (status: number, text: string) => [problems[status], text].filter(Boolean).join('. ');
  return { 409: joined(409, again), 422: joined(422, reused) };
}

function answer({ answers, status, contentType = 'application/json', summary }: Documented): MethodDecorator {
  if (!answers) return ApiResponse({ status: status ?? 204, description: summary });
  const content = { [contentType]: { schema: openApi(answers) } };
  return ApiResponse({ status: status ?? 200, description: summary, content });
}

function queryParameter(name: string, schema: TSchema): MethodDecorator {
  const { description, ...rest } = schema as TSchema & { description?: string };
  const list = (rest as { type?: string }).type === 'array';
  return ApiQuery({
    name,
    description,
    required: false,
    schema: openApi(rest),
    ...(list ? { style: 'form', explode: false } : {}),
  });
}

/** OpenAPI 3.1 schemas are JSON Schema; @nestjs/swagger's types still speak 3.0. */
function openApi(schema: TSchema): OpenApiSchema {
  return schema as OpenApiSchema;
}
