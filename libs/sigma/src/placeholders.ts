import { type Draft } from './drafts.js';
import { entriesOf, isMap, isScalar, itemsOf, type SourceDocument, textOf } from './source.js';

/** What a placeholder stands for, as Sigma strings, and the document that says so. */
export interface Placeholder {
  values: readonly string[];
  document: SourceDocument;
}

export type Placeholders = ReadonlyMap<string, Placeholder>;

/** Placeholders for one rule. Which it asked for is kept: the others are no part of what it means. */
export class AskedPlaceholders {
  readonly asked = new Map<string, Placeholder>();

  constructor(private readonly all: Placeholders) {}

  valuesOf(name: string): readonly string[] | undefined {
    const found = this.all.get(name);
    if (found) this.asked.set(name, found);
    return found?.values;
  }

  names(): Iterable<string> {
    return this.all.keys();
  }
}

/** Reads the documents `placeholders: {Servers: [srv*, db1]}`, which give `%Servers%` its values. */
export function readPlaceholders(drafts: readonly Draft[]): Placeholders {
  const placeholders = new Map<string, Placeholder>();
  for (const { kind, header } of drafts) {
    if (kind !== 'placeholders') continue;
    const { report } = header.document;
    const entry = header.get('placeholders')!;
    const example = 'Write for example `placeholders: {Servers: [srv*, db1]}`';
    if (!isMap(entry.value)) {
      report.problem(entry.value ?? entry.key, '`placeholders` must be a mapping', example);
      continue;
    }
    for (const { name, key, value } of entriesOf(entry.value, report)) {
      if (!/^\w+$/.test(name))
        report.problem(key, `\`${name}\` can't be the name of a placeholder`, 'Use letters, digits and underscores');
      if (placeholders.has(name))
        report.problem(key, `The placeholder \`${name}\` has values already`, 'Write them all in one list');
      const values: string[] = [];
      for (const node of itemsOf(value)) {
        if (isScalar(node) && node.value !== null) values.push(textOf(node));
        else report.problem(node ?? key, 'The values of a placeholder must be texts', example);
      }
      if (values.length === 0) report.problem(value ?? key, 'The list of values is empty', 'Add a value');
      else if (!placeholders.has(name)) placeholders.set(name, { values, document: header.document });
    }
  }
  return placeholders;
}
