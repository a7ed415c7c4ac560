import { describe, expect, test } from 'vitest';
import { binaryEvent, isBinaryMode } from './binary-event.js';

const attributes = { 'ce-specversion': '1.0', 'ce-type': 'login', 'ce-id': '7', 'content-type': 'application/json' };

describe('a CloudEvent in binary mode', () => {
  test('headers are attributes and the body is data', () => {
    const body = Buffer.from('{"ip":"192.0.2.1"}');
    expect(binaryEvent({ ...attributes, 'ce-source': '/a', 'ce-kind': 'reject', host: 'x' }, body)).toEqual({
      kind: 'event',
      event: { specversion: '1.0', type: 'login', id: '7', source: '/a', kind: 'reject', data: { ip: '192.0.2.1' } },
    });
  });

  test.each([
    ['Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['100%25', '100%'],
    ['"quoted \\"text\\" %41"', 'quoted "text" A'],
    ['plain', 'plain'],
  ])('%s is read as %s', (sent, read) => {
    const binary = binaryEvent({ ...attributes, 'ce-subject': sent }, Buffer.alloc(0));
    expect(binary).toMatchObject({ kind: 'event', event: { subject: read } });
  });

  test.each(['100%', '%FF', '%C3%28'])('%s is refused', (sent) => {
    const binary = binaryEvent({ ...attributes, 'ce-subject': sent }, Buffer.alloc(0));
    expect(binary).toMatchObject({ kind: 'reject', code: 'EVENT_ATTRIBUTE_INVALID', field: 'subject' });
  });

  test('is told by its headers', () => {
    expect(isBinaryMode(attributes)).toBe(true);
    expect(isBinaryMode({ 'content-type': 'application/json' })).toBe(false);
  });
});
