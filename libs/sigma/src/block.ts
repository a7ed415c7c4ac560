import { durationMaxMs, parseDuration } from './duration.js';
import { listed, nearest } from './problems.js';
import { type Entry, entriesOf, isScalar, itemsOf, type Node, type SourceDocument, textOf } from './source.js';

/** A name in a rule, with its place. */
export interface Named {
  text: string;
  node: Node;
}

/** The entries of a mapping by name, and typed reading of them that reports what doesn't fit. */
export class Block {
  readonly #entries: Map<string, Entry>;

  constructor(readonly document: SourceDocument) {
    this.#entries = new Map(entriesOf(document.root, document.report).map((entry) => [entry.name, entry]));
  }

  /** The entry as such. */
  get(name: string): Entry | undefined {
    return this.#entries.get(name);
  }

  /** A single value as text. */
  text(name: string, charsMax: number): string | undefined {
    const entry = this.get(name);
    if (!entry) return undefined;
    const { value } = entry;
    if (!isScalar(value) || value.value === null)
      return this.document.report.problem(
        value ?? entry.key,
        `\`${name}\` must be text`,
        `Write \`${name}: ...\` on one line`,
      );
    const text = textOf(value);
    if (text.length > charsMax)
      return this.document.report.problem(value, `\`${name}\` is longer than ${charsMax} characters`, 'Shorten it');
    return text;
  }

  /** Like `text`, for what becomes part of keys and addresses: one line, not empty. */
  label(name: string): string | undefined {
    const text = this.text(name, 256);
    if (text === undefined || /^[^\p{Cc}]+$/u.test(text)) return text;
    return this.document.report.problem(
      this.get(name)!.value,
      `\`${name}\` must be one line of text`,
      'Remove line breaks and control characters',
    );
  }

  /** One of the known words. */
  oneOf<T extends string>(name: string, known: readonly T[]): T | undefined {
    const text = this.text(name, 256);
    if (text === undefined) return undefined;
    const found = known.find((k) => k === text);
    if (found) return found;
    const near = nearest(text, known);
    return this.document.report.problem(
      this.get(name)!.value,
      `\`${name}\` is \`${text}\`, which is not one of ${listed(known)}`,
      near ? `Perhaps you meant \`${near}\`` : `Use one of ${listed(known)}`,
    );
  }

  /** A list of texts, or one text. */
  texts(name: string): string[] {
    const entry = this.get(name);
    if (!entry) return [];
    const texts: string[] = [];
    for (const item of itemsOf(entry.value)) {
      if (isScalar(item) && item.value !== null) texts.push(textOf(item));
      else
        this.document.report.problem(
          item ?? entry.key,
          `\`${name}\` must be a list of texts`,
          'Write one text per line, each after `- `',
        );
    }
    return texts;
  }

  /** A list of names, or one name, each with its place. */
  names(name: string): Named[] {
    const entry = this.get(name);
    if (!entry) return [];
    const named: Named[] = [];
    for (const node of itemsOf(entry.value)) {
      if (isScalar(node) && node.value !== null) named.push({ text: textOf(node), node });
      else
        this.document.report.problem(
          node ?? entry.key,
          `\`${name}\` must be a list of names`,
          'Write one name per line, each after `- `',
        );
    }
    return named;
  }

  /** A duration in milliseconds. */
  duration(name: string): number | undefined {
    return this.durationAt(name)?.ms;
  }

  /** A duration as written, in milliseconds, and where. */
  durationAt(name: string): Duration | undefined {
    const text = this.text(name, 256);
    return text === undefined ? undefined : this.#durationOf(name, { text, node: this.get(name)!.value! });
  }

  /** A list of durations, or one. */
  durations(name: string): (Duration | undefined)[] {
    return this.names(name).map((named) => this.#durationOf(name, named));
  }

  #durationOf(name: string, { text, node }: Named): Duration | undefined {
    const { report } = this.document;
    const ms = parseDuration(text);
    if (ms === undefined)
      return report.problem(node, `\`${name}\` is \`${text}\`, which is not a duration`, durationHint);
    if (ms <= durationMaxMs) return { text, ms, node };
    return report.problem(node, `\`${name}\` is longer than 366d`, 'Choose a shorter one');
  }
}

/** A duration in a rule. */
export interface Duration extends Named {
  ms: number;
}

export const durationHint = 'Write a number and one of s, m, h, d, for example `90s` or `15m`';
