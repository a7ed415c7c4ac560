import { describe, expect, it } from 'vitest';
import { contextOf, eventsIn, rejectIn } from '../testing/outcome.js';
import { nginx } from './nginx.js';

const parse = (line: string) => nginx.open(contextOf())(line, 17);
const data = (line: string) => eventsIn(parse(line))[0].data;

const combined =
  '192.0.2.7 - - [15/Jan/2026:10:00:00 +0100] "GET /a/b?c=d&e HTTP/1.1" 404 512 "https://example.com/" "curl/8.0"';

describe('nginx', () => {
  it('reads the combined format', () => {
    expect(eventsIn(parse(combined))).toEqual([
      {
        specversion: '1.0',
        source: 'file:test',
        type: 'api.call',
        id: '17',
        time: '2026-01-15T10:00:00+01:00',
        data: {
          client: '192.0.2.7',
          ip: '192.0.2.7',
          method: 'GET',
          path: '/a/b',
          query: 'c=d&e',
          status: 404,
          bytes: 512,
          referrer: 'https://example.com/',
          userAgent: 'curl/8.0',
        },
      },
    ]);
    const [event] = (parse(combined) as { events: { timeMs: number; key: string }[] }).events;
    expect(event).toMatchObject({ key: '192.0.2.7', timeMs: Date.UTC(2026, 0, 15, 9) });
  });

  it('reads what may follow: request time, x-forwarded-for', () => {
    expect(data(`${combined} 0.123`)).toMatchObject({ durationMs: 123 });
    expect(data(`${combined} "198.51.100.1, 10.0.0.1"`)).toMatchObject({ forwardedFor: '198.51.100.1, 10.0.0.1' });
    expect(data(`${combined} 1.5 0.002 "-"`)).toMatchObject({ durationMs: 1500 });
  });

  it('takes the user for the client, also one with blanks and brackets', () => {
    const line = combined.replace('- - [', '- ann [x] lee [');
    expect(data(line)).toMatchObject({ client: 'ann [x] lee', user: 'ann [x] lee', ip: '192.0.2.7' });
  });

  it('reads IPv6, and host names where they are logged', () => {
    expect(data(combined.replace('192.0.2.7', '2001:db8::7'))).toMatchObject({ ip: '2001:db8::7' });
    expect(data(combined.replace('192.0.2.7', 'unix:'))).not.toHaveProperty('ip');
  });

  it('undoes the escapes of nginx and Apache', () => {
    const line = combined.replace('curl/8.0', '\\x22caf\\xC3\\xA9\\x22 \\"\\\\ \\t').replace('/a/b', '/\\xE4\\xFF');
    expect(data(line)).toMatchObject({ userAgent: '"café" "\\ \t', path: '/\uFFFD\uFFFD' });
  });

  it.each([
    ['"-"', undefined],
    ['""', undefined],
    ['"\\x16\\x03\\x01\\x00"', '\u0016\u0003\u0001\u0000'],
    ['"\\x16\\x03 x"', '\u0016\u0003 x'],
    ['"hello"', 'hello'],
  ])('makes an event of the request %s', (request, text) => {
    const fields = data(combined.replace('"GET /a/b?c=d&e HTTP/1.1" 404', `${request} 400`));
    expect(fields).toMatchObject({ client: '192.0.2.7', status: 400, bytes: 512 });
    expect(fields).not.toHaveProperty('method');
    expect(fields.request).toBe(text);
  });

  it('reads requests without a protocol and targets with blanks', () => {
    expect(data(combined.replace('GET /a/b?c=d&e HTTP/1.1', 'GET /'))).toMatchObject({ method: 'GET', path: '/' });
    expect(data(combined.replace('/a/b?c=d&e', '/a b c'))).toMatchObject({ path: '/a b c' });
  });

  it('leaves out what is logged as -', () => {
    const fields = data(combined.replace('512 "https://example.com/" "curl/8.0"', '- "-" "-"'));
    expect(Object.keys(fields)).toEqual(['client', 'ip', 'method', 'path', 'query', 'status']);
  });

  it('never lets a line write its own JSON', () => {
    expect(data(combined.replace('192.0.2.7', 'a","x":"')).client).toBe('a","x":"');
  });

  it('refuses other lines', () => {
    for (const line of ['hello', '192.0.2.7 - - [15/Jan/2026:10:00:00 +0000] "GET /', combined.replace(' - - ', ' ')]) {
      expect(rejectIn(parse(line)).code).toBe('NGINX_LINE_INVALID');
    }
    expect(rejectIn(parse(combined.replace('Jan', 'Jam'))).code).toBe('NGINX_TIME_INVALID');
    expect(rejectIn(parse('x'.repeat(70_000))).code).toBe('LINE_TOO_LONG');
    expect(eventsIn(parse('  \r'))).toEqual([]);
  });
});
