import fastify from 'fastify';
import { expect, test } from 'vitest';
import { OpenStreams } from './open-streams.js';

test('a silent stream is kept alive, and its heartbeats move the client’s Last-Event-ID on', async () => {
  const streams = new OpenStreams(10);
  let position: string | null = null;
  const server = fastify();
  server.get('/', (_request, reply) => {
    streams.open(reply, () => position);
    return reply;
  });
  const response = await fetch(await server.listen({ host: '127.0.0.1', port: 0 }));
  let read = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    read += chunk;
    if (read.split(': still here\n\n').length > 3) position = '7';
    if (read.includes('id: 7\n\n: still here\nid: 7\n\n')) streams.beforeApplicationShutdown();
  }
  expect(read).toMatch(/^retry: 2000\n\n(: still here\n\n){3,}(: still here\nid: 7\n\n){2,}$/);
  await server.close();
});
