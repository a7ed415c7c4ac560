import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextOf, eventsIn } from '../testing/outcome.js';
import { parsers } from './catalogue.js';
import type { Unit } from './parser.js';

/** Lines that nearly are what a parser expects: pieces of real ones, put together at random. */
const piece = fc.oneof(
  fc.constantFrom(
    ...[
      '192.0.2.7 - - ',
      '[15/Jan/2026:10:00:00 +0000] ',
      '"GET /a?b HTTP/1.1" ',
      '200 512 ',
      '"-" ',
      '"',
      '\\',
      '\\x22',
      '\\xff',
    ],
    ...[
      'Jan 15 10:00:00 ',
      '<34>1 ',
      '2026-01-15T10:00:00Z ',
      'host ',
      'sshd[1]: ',
      '- ',
      '[a b="c"] ',
      'message repeated 2 times: [ ',
    ],
    ...[
      'Failed password for ',
      'invalid user ',
      ' from 192.0.2.7 port 1 ssh2',
      ']',
      '{"specversion":"1.0",',
      '"type":"log",',
      '"data":{"service":"s","body":""}}',
    ],
    ...[
      'From: a@b\r\n',
      'To: x:;,<y@z>\n',
      'Date: 1 Jan 02 1:02\n',
      'Received: from a (HELO b) ([2001:4860::1]) by c for <d>; \n',
      'Content-Type: text/html\n',
      '\n\n',
      '\nFrom ',
      '<a',
      '>',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const input = fc.oneof(
  fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join(''))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
);
const context = fc.record(
  {
    year: fc.oneof(fc.integer({ min: 1970, max: 2100 }), fc.constantFrom(0, 9_998, 9_999, 300_000)),
    zoneMinutes: fc.integer({ min: -720, max: 840 }),
    type: fc.constantFrom('log', 'api.call', 'x'),
  },
  { requiredKeys: [] },
);

describe.each([...parsers.values()])('$stream', (parser) => {
  it('throws on no input, and makes only valid events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(input, { minLength: 1, maxLength: 3 }), context, async (inputs, hints) => {
        const parse = parser.open(contextOf(hints));
        for (const bytes of inputs) {
          const outcome = await parse(bytes, 0);
          if (outcome.kind === 'events') eventsIn(outcome);
          else expect(outcome.reason).not.toBe('');
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('splits bytes the same way however they arrive', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 6 }), fc.nat(), (inputs, cut) => {
        const bytes = Buffer.concat(inputs);
        const whole = parser.split(bytes);
        for (const [i, { start, end }] of whole.entries()) {
          expect(start).toBeLessThanOrEqual(end);
          if (i > 0) expect(start).toBeGreaterThanOrEqual(whole[i - 1].end);
        }
        if (parser.stream === 'mail') return;
        const firstPart: Unit[] = parser.split(bytes.subarray(0, cut % (bytes.length + 1)));
        const resume = firstPart.at(-1)?.start ?? 0;
        const rest = parser
          .split(bytes.subarray(resume))
          .map(({ start, end }) => ({ start: start + resume, end: end + resume }));
        expect([...firstPart.slice(0, -1), ...rest]).toEqual(whole);
      }),
    );
  });
});
