import { type Block, type Named } from './block.js';
import { type Correlation, type GroupField } from './correlation-types.js';
import { type FieldTable } from './fields.js';
import { type LogSource } from './logsources/logsource.js';
import { locateField } from './logsources/resolve.js';
import { nearest } from './problems.js';
import { entriesOf, isMap, isScalar, textOf } from './source.js';
import { type Detection } from './types.js';

/** A rule that a correlation refers to, under the text it is named by. */
export type Input =
  | { kind: 'detection'; named: Named; detection: Detection; source: LogSource }
  | { kind: 'correlation'; named: Named; correlation: Correlation };

/** Alias → what the field is called in each referred rule. */
type Aliases = ReadonlyMap<string, ReadonlyMap<Input, Named>>;

/** Finds the fields of a correlation in its inputs, through its `aliases`. */
export class CorrelationFields {
  private readonly aliases: Aliases;
  private readonly used = new Set<string>();

  constructor(
    private readonly block: Block,
    private readonly inputs: readonly Input[],
  ) {
    this.aliases = readAliases(block, inputs);
  }

  /** Where each input has the field; undefined after reporting that one has not. Slots are handed out by the result. */
  locate({ text, node }: Named): ((fields: FieldTable) => GroupField) | undefined {
    const { report } = this.block.document;
    const alias = this.aliases.get(text);
    this.used.add(text);
    const paths = new Map<Detection, string>();
    const groups = new Map<Correlation, number>();
    for (const input of this.inputs) {
      const named = alias ? alias.get(input) : { text, node };
      if (!named)
        return report.problem(
          node,
          `The alias \`${text}\` does not say what it is in \`${input.named.text}\``,
          `Add \`${input.named.text}: field\` to the alias`,
        );
      if (input.kind === 'correlation') {
        const at = input.correlation.groupBy.findIndex(({ name }) => name === named.text);
        if (at < 0)
          return report.problem(
            named.node,
            `\`${input.named.text}\` is not grouped by \`${named.text}\`, so what it finds has no such field`,
            `It has ${input.correlation.groupBy.map(({ name }) => `\`${name}\``).join(', ')}; group both rules alike, or add an alias`,
          );
        groups.set(input.correlation, at);
        continue;
      }
      const located = locateField(input.source, named.text, named.node, report);
      if (located === undefined) return undefined;
      if (typeof located !== 'string')
        return report.problem(
          named.node,
          `\`${named.text}\` is put together from several fields`,
          'Use a field that events carry as such',
        );
      paths.set(input.detection, located);
    }
    return (fields) => ({
      name: text,
      slots: new Map([...paths].map(([detection, path]) => [detection, fields.slot(path)])),
      groups,
    });
  }

  /** Reports aliases that no field uses. */
  refuseUnused(): void {
    const { report } = this.block.document;
    for (const { name, key } of entriesOfAliases(this.block))
      if (!this.used.has(name)) report.problem(key, `The alias \`${name}\` is not used`, 'Group by it, or remove it');
  }
}

function entriesOfAliases(block: Block) {
  const { report } = block.document;
  const value = block.get('aliases')?.value;
  return isMap(value) ? entriesOf(value, report) : [];
}

function readAliases(block: Block, inputs: readonly Input[]): Aliases {
  const { report } = block.document;
  const entry = block.get('aliases');
  const aliases = new Map<string, Map<Input, Named>>();
  const hint = 'Write for example `aliases: {address: {rule_a: src_ip, rule_b: dst_ip}}`';
  if (entry && !isMap(entry.value)) report.problem(entry.value ?? entry.key, '`aliases` must be a mapping', hint);
  for (const { name, key, value } of entriesOfAliases(block)) {
    const names = new Map<Input, Named>();
    aliases.set(name, names);
    if (!isMap(value)) {
      report.problem(value ?? key, `The alias \`${name}\` must be a mapping of rules to fields`, hint);
      continue;
    }
    for (const of of entriesOf(value, report)) {
      const input = inputs.find((i) => i.named.text === of.name || nameOf(i) === of.name);
      const known = inputs.map((i) => i.named.text);
      if (!input) {
        const near = nearest(of.name, known);
        report.problem(
          of.key,
          `\`${of.name}\` is not one of the rules of this correlation`,
          near ? `Perhaps you meant \`${near}\`` : `They are: ${known.join(', ')}`,
        );
      } else if (isScalar(of.value) && of.value.value !== null)
        names.set(input, { text: textOf(of.value), node: of.value });
      else report.problem(of.value ?? of.key, 'An alias stands for one field', hint);
    }
  }
  return aliases;
}

function nameOf(input: Input): string {
  return input.kind === 'detection' ? input.detection.info.name : input.correlation.info.name;
}
