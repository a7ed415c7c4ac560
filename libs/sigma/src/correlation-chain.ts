import { type Block } from './block.js';
import { type Input } from './correlation-fields.js';
import { kindShapes } from './correlation-kinds.js';
import { type ReadCondition } from './correlation-limit.js';
import { type Correlation, type CorrelationKind } from './correlation-types.js';

/** Correlations that one may be made of, and these of, and so on: each has windows of its own. */
const chainMax = 64;

/** Refuses what can't be made of what other correlations find: episodes, which have the fields they are grouped by, as text. */
export function refuseUnchainable(
  block: Block,
  kind: CorrelationKind,
  { fields, numbers }: ReadCondition,
  inputs: readonly Input[],
): void {
  const { report } = block.document;
  const inner = inputs.flatMap((input) => (input.kind === 'correlation' ? [input] : []));
  if (inner.length === 0) return;
  const [{ named }] = inner as [(typeof inner)[number]];
  const isShare = kind === 'value_percentile' && numbers.percentile === undefined;
  const isNumeric = kindShapes[kind].compares === 'number' || kind === 'anomaly' || kind === 'spike';
  if (kind === 'absence')
    report.problem(
      named.node,
      `\`absence\` watches for events, and \`${named.text}\` is a correlation, which finds something now and then only`,
      'Name detections',
    );
  else if (isNumeric && !isShare && fields[0])
    report.problem(
      fields[0].node,
      `\`${kind}\` needs a number, and what the correlation \`${named.text}\` finds has none: only the fields it is grouped by`,
      'Use `event_count` or `value_count`, or name detections',
    );
  const size = inner.reduce((sum, { correlation }) => sum + sizeOf(correlation), 0);
  if (size > chainMax)
    report.problem(
      block.get('rules')!.value,
      `The rule is made of ${size} correlations, those counted that its rules are made of; ${chainMax} are the most`,
      'Chain fewer',
    );
}

/** The correlation and all that it is made of; what is used twice counts twice. */
function sizeOf({ inputs }: Correlation): number {
  return inputs.reduce((sum, input) => sum + ('matches' in input ? 0 : sizeOf(input)), 1);
}
