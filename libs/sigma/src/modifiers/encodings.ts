import { escapeText, literalOf, parsePattern } from '../wildcard.js';
import { type RuleValue, type Transform, type TransformContext } from './modifier.js';

const strings = ['equals', 'contains', 'startswith', 'endswith'];

function encoding(name: string, encode: (bytes: Buffer, text: string) => Buffer[] | string): Transform {
  return {
    kind: 'transform',
    name,
    goesWith: strings,
    beforeOperator: true,
    apply: (value, context) => {
      const text = plainText(name, value, context);
      if (text === undefined) return undefined;
      const encoded = encode(value.bytes ?? Buffer.from(text, 'utf8'), text);
      if (typeof encoded === 'string') return context.problem(value.node, encoded, 'Use a longer value');
      return encoded.map((bytes) => ({ value: escapeText(bytes.toString('latin1')), bytes, node: value.node }));
    },
  };
}

function plainText(name: string, { value, node }: RuleValue, { problem }: TransformContext): string | undefined {
  const text = literalOf(parsePattern(String(value)));
  return (
    text ??
    problem(node, `\`${name}\` can't encode a wildcard`, 'Write `\\*` or `\\?` for the sign itself, or leave it out')
  );
}

const ascii = (text: string) => Buffer.from(text, 'latin1');

export const base64 = encoding('base64', (bytes) => [ascii(bytes.toString('base64'))]);

/** The three texts of which one is there, wherever the value begins within what was encoded. */
export const base64offset = encoding('base64offset', (bytes) => {
  // One byte alone leaves no sign of its own at some offsets.
  if (bytes.length < 2) return '`base64offset` needs at least two bytes';
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset, ' '), bytes]).toString('base64');
    const tail = [0, 3, 2][(bytes.length + offset) % 3]!;
    return ascii(encoded.slice([0, 2, 3][offset], encoded.length - tail));
  });
});

const littleEndian = (_: Buffer, text: string) => [Buffer.from(text, 'utf16le')];
export const utf16le = encoding('utf16le', littleEndian);
export const wide = encoding('wide', littleEndian);
export const utf16be = encoding('utf16be', (_, text) => [Buffer.from(text, 'utf16le').swap16()]);
export const utf16 = encoding('utf16', (_, text) => [
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]),
]);
