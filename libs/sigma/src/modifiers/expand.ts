import { nearest } from '../problems.js';
import { type RuleValue, type Transform } from './modifier.js';

/** Values that one value of a rule may become; more would be a list nobody meant to write. */
export const expansionsMax = 10_000;

/** `%name%` becomes each of the values that a `placeholders` document gives it; `\%` is a percent sign. */
export const expand: Transform = {
  kind: 'transform',
  name: 'expand',
  goesWith: ['equals', 'contains', 'startswith', 'endswith', 're', 'cidr'],
  beforeOperator: false,
  apply: ({ value, node }, { placeholders, problem }) => {
    let texts = [''];
    for (const [piece, name] of String(value).matchAll(/\\%|%(\w+)%|[^\\%]+|[\\%]/gu)) {
      if (name === undefined) {
        const plain = piece === '\\%' ? '%' : piece;
        texts = texts.map((text) => text + plain);
        continue;
      }
      const values = placeholders.valuesOf(name);
      if (!values) {
        const near = nearest(name, placeholders.names());
        return problem(
          node,
          `The placeholder \`%${name}%\` has no values`,
          near
            ? `Perhaps you meant \`%${near}%\``
            : `Add a document with \`placeholders: {${name}: [...]}\` to the rules`,
        );
      }
      if (texts.length * values.length > expansionsMax)
        return problem(node, `The placeholders give more than ${expansionsMax} values`, 'Use fewer in one value');
      texts = texts.flatMap((text) => values.map((one) => text + one));
    }
    return texts.map((text): RuleValue => ({ value: text, node }));
  },
};
