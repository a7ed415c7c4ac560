import { type Transform } from './modifier.js';

const dashes = ['-', '/', '\u2013', '\u2014', '\u2015'];
/** A sign that begins a flag: nothing of a word before it, a word after it. */
const flagSign = /(?<!\w)[-/\u2013\u2014\u2015](?=\w)/gu;
const signsMax = 5;

/** Every sign that begins a flag may be any of the five that Windows takes for one. */
export const windash: Transform = {
  kind: 'transform',
  name: 'windash',
  goesWith: ['equals', 'contains', 'startswith', 'endswith'],
  beforeOperator: false,
  apply: ({ value, node }, { problem }) => {
    const pieces = String(value).split(flagSign);
    if (pieces.length - 1 > signsMax)
      return problem(node, `\`windash\` takes at most ${signsMax} flags in one value`, 'Split it, and use `all`');
    const texts = pieces
      .slice(1)
      .reduce((all, piece) => all.flatMap((text) => dashes.map((dash) => text + dash + piece)), [pieces[0]!]);
    return texts.map((text) => ({ value: text, node }));
  },
};
