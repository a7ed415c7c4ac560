import { createServer } from 'node:net';
import type { Config } from '#libs/config';
import { CommandError } from '../errors.js';

const reasons: Record<string, string> = {
  EADDRINUSE: 'something else listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
};

/** Listens for a moment where Weir will: null when that works, else the code of why not. */
export function tryToListen(host: string, port: number): Promise<string | null> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => done(null)));
  });
}

export function cannotListen({ httpHost, httpPort }: Config, code: string, cause?: unknown): CommandError {
  const why = reasons[code] ?? code;
  const said = `Weir can't listen on ${httpHost}:${httpPort} (${why}): set WEIR_HTTP_PORT or WEIR_HTTP_HOST, or stop what does.`;
  return new CommandError('ADDRESS_UNUSABLE', said, { httpHost, httpPort, code }, { cause });
}
