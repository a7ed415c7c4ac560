import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Hash } from './hash.js';
import { LineView } from './line-view.js';

const paths = ['id', 'source', 'data.ip', 'data.status', 'data.object.id', 'data.recipients', 'data', 'data.object'];

/** What JSON.parse finds at a path. */
function lookUp(parsed: unknown, path: string): unknown {
  let at = parsed;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

function expectSame(line: string): void {
  const bytes = Buffer.from(`..${line}..`);
  const view = new LineView(paths);
  const parsed: unknown = JSON.parse(line);
  const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  expect(view.read(bytes, 2, bytes.length - 2)).toBe(isObject);
  if (!isObject) return;
  for (const [slot, path] of paths.entries()) expect(view.value(slot)).toEqual(lookUp(parsed, path));
}

const key = fc.constantFrom('id', 'source', 'data', 'ip', 'status', 'object', 'recipients', 'i"d', 'dat', 'é', '');
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('a\\b', '"', '\n', 'é€😀', 'x'.repeat(100)),
);
const tree = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(key, tie('value'), { maxKeys: 6 }),
})).object;

describe('LineView', () => {
  it('reads what JSON.parse reads, from any object in any layout', () => {
    fc.assert(
      fc.property(tree, fc.constantFrom(undefined, 1, '\t'), (object, indent) => {
        expectSame(JSON.stringify({ id: 'a', ...object }, null, indent));
        expectSame(JSON.stringify({ data: object }, null, indent));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    '{"data":{"ip":1},"data":{"status":2}}',
    '{"id":1,"id":2}',
    '{"i\\u0064":"escaped key"}',
    '{"id":"esc\\u0061ped","data":{"ip":"1\\/2"}}',
    ' { "id" : -0.5e3 , "data" : { } } ',
    '[1]',
    '"text"',
    '{"data":{"object":{"id":[{"a":"]}"}]}}}',
  ])('reads %s as JSON.parse does', expectSame);

  it('refuses what is no JSON', () => {
    const view = new LineView(paths);
    for (const line of ['', '{', '{"id":}', 'nonsense', '{"id":"a"', '{"id":"a" "b"}']) {
      const bytes = Buffer.from(line);
      expect(view.read(bytes, 0, bytes.length)).toBe(false);
    }
  });

  it('hashes a text alike whether it was escaped or not, and numbers as text', () => {
    const hashOf = (line: string) => {
      const view = new LineView(['id']);
      const bytes = Buffer.from(line);
      view.read(bytes, 0, bytes.length);
      const hash = new Hash().reset(0);
      expect(view.mixHash(0, hash)).toBe(true);
      return hash.finish().number53;
    };
    expect(hashOf('{"id":"caf\\u00e9"}')).toBe(hashOf('{"id":"café"}'));
    expect(hashOf('{"id":404}')).toBe(hashOf('{"id":"404"}'));
    expect(hashOf('{"id":"a"}')).not.toBe(hashOf('{"id":"b"}'));
  });

  it.each([
    ['192.0.2.77', '192.0.2.0/24'],
    ['::ffff:192.0.2.77', '192.0.2.0/24'],
    ['2001:DB8:0:7:1::9', '2001:db8:0:7::/64'],
    ['::1', '::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['here', undefined],
    ['', undefined],
    [7, undefined],
    [null, undefined],
    [['192.0.2.77'], undefined],
  ])('finds the network of address %j, whatever else the line calls so', (ip, network) => {
    const view = new LineView(['data.ip', '$network:data.ip', 'id']);
    const line = { '$network:data': { ip: 'x' }, data: { ip } };
    for (const text of [JSON.stringify(line), `{"id":1,"id":2,${JSON.stringify(line).slice(1)}`]) {
      const bytes = Buffer.from(text);
      expect(view.read(bytes, 0, bytes.length)).toBe(true);
      expect(view.value(1)).toBe(network);
      expect(view.has(1)).toBe(network !== undefined);
      const hash = new Hash().reset(0);
      expect(view.mixHash(1, hash)).toBe(network !== undefined);
      if (network === undefined) continue;
      const plain = new LineView(['id']);
      const alone = Buffer.from(JSON.stringify({ id: network }));
      plain.read(alone, 0, alone.length);
      const other = new Hash().reset(0);
      plain.mixHash(0, other);
      expect(hash.finish().number53).toBe(other.finish().number53);
    }
  });
});
