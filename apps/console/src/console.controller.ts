import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Problem, Public } from '../../platform/src/index.js';
import { readPages } from './pages.js';

/** Only files of ours run, and they talk to nobody else: what an event says is never more than text. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

@ApiExcludeController()
@Controller()
export class ConsoleController {
  private readonly pages = readPages();

  @Get()
  @Public()
  index(@Headers('if-none-match') known: string | undefined, @Res() reply: FastifyReply): void {
    this.send('index.html', known, reply);
  }

  @Get('console/:file')
  @Public()
  file(
    @Param('file') name: string,
    @Headers('if-none-match') known: string | undefined,
    @Res() reply: FastifyReply,
  ): void {
    this.send(name, known, reply);
  }

  private send(name: string, known: string | undefined, reply: FastifyReply): void {
    const page = this.pages.get(name);
    if (!page) throw new Problem(404, 'NOT_FOUND', 'The page has no such file. It begins at /.');
    // Always asked for again, so that an upgrade shows at once; mostly answered by 304.
    reply.header('cache-control', 'no-cache').header('etag', page.etag).header('content-security-policy', policy);
    if (known === page.etag) reply.code(304).send();
    else reply.type(page.type).send(page.body);
  }
}
