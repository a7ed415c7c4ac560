import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problem.js';

const inflate = promisify(gunzip);

/**
 * Reads request bodies: gzip undone, at most `bodyBytesMax` before and after. Routes marked with `@RawBody` get the
 * Buffer, others get JSON, parsed.
 */
export function acceptBodies(fastify: FastifyInstance, bodyBytesMax: number): void {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytesMax }, (request, sent: Buffer, done) => {
    const deliver = (body: Buffer) => {
      if (request.routeOptions.config.rawBody) done(null, body);
      else parseJson(request, body.toString(), done);
    };
    if (request.headers['content-encoding'] === undefined) deliver(sent);
    else decompressed(sent, bodyBytesMax).then(deliver, done);
  });
}

async function decompressed(sent: Buffer, bodyBytesMax: number): Promise<Buffer> {
  try {
    return await inflate(sent, { maxOutputLength: bodyBytesMax });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ERR_BUFFER_TOO_LARGE'
      ? bodyTooLarge(bodyBytesMax)
      : new Problem(400, 'GZIP_MALFORMED', 'The body is not the gzip that Content-Encoding says it is.');
  }
}

/** Refuses a body by its headers, before any of it is read: 413 or 415. */
export function checkBodyHeaders(request: FastifyRequest, bodyBytesMax: number): void {
  const { headers } = request;
  if (headers['content-type'] === undefined && !hasBody(request)) return;
  if (Number(headers['content-length']) > bodyBytesMax) throw bodyTooLarge(bodyBytesMax);
  const types = request.routeOptions.config.rawBody ?? ['application/json'];
  const type = headers['content-type']?.split(';', 1)[0].trim().toLowerCase() ?? '';
  if (!types.includes(type)) {
    const detail = `${type ? `Content-Type ${type} is not taken here` : 'The body has no Content-Type'}; send ${types.join(' or ')}.`;
    throw new Problem(415, 'MEDIA_TYPE_UNSUPPORTED', detail, { accepts: types }, { 'accept-post': types.join(', ') });
  }
  const charset = /;\s*charset\s*=\s*"?([^;"\s]+)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset)) {
    const detail = `The charset ${charset} is not taken here; send UTF-8.`;
    throw new Problem(415, 'CHARSET_UNSUPPORTED', detail);
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'gzip') {
    const detail = `Content-Encoding ${encoding} is not taken here; send gzip or none.`;
    throw new Problem(415, 'ENCODING_UNSUPPORTED', detail, {}, { 'accept-encoding': 'gzip' });
  }
}

export function bodyTooLarge(bodyBytesMax: number): Problem {
  const detail = `The body is larger than ${bodyBytesMax} bytes, after decompression; send it in parts.`;
  return new Problem(413, 'BODY_TOO_LARGE', detail, { bodyBytesMax });
}

function hasBody({ headers }: FastifyRequest): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}
