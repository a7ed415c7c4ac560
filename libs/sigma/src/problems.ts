import { type LineCounter } from 'yaml';
import { type RuleProblem } from './types.js';

/** Something in the YAML source: a node (or null when there is none), or a character offset. */
export type Place = { range?: readonly number[] | null | undefined } | number | null | undefined;

/** Collects the problems of one document, placing each at the line and column of what caused it. */
export class Report {
  /** The rule's name, once known. */
  rule: string | null = null;
  #failed = false;

  constructor(
    readonly file: string,
    private readonly lines: LineCounter,
    private readonly problems: RuleProblem[],
    private readonly start = 0,
  ) {}

  /** True once a problem was reported: the rule must not run. */
  get failed(): boolean {
    return this.#failed;
  }

  /** A report for one document of the same file; problems without a place land on its first character. */
  forDocument(start: number): Report {
    return new Report(this.file, this.lines, this.problems, start);
  }

  /** Refuses the rule. The same problem at the same place is kept once. */
  problem(place: Place, reason: string, hint: string): undefined {
    this.#failed = true;
    const { line, column } = this.at(place);
    const known = this.problems.some(
      (p) => p.line === line && p.column === column && p.reason === reason && p.file === this.file,
    );
    if (!known) this.problems.push({ file: this.file, line, column, rule: this.rule, reason, hint });
    return undefined;
  }

  /** Line and column, from 1. */
  at(place: Place): { line: number; column: number } {
    const offset = typeof place === 'number' ? place : (place?.range?.[0] ?? this.start);
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

/** `rules/ssh/x.yml:12:5 [x] reason. Hint.` in one line, for logs and the command line. */
export function formatProblem(p: RuleProblem): string {
  const rule = p.rule === null ? '' : ` [${p.rule}]`;
  return `${p.file}:${p.line}:${p.column}:${rule} ${p.reason}. ${p.hint}.`;
}

/** `a, b or c`. */
export function listed(names: readonly string[], last = 'or'): string {
  const shown = names.map((n) => `\`${n}\``);
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} ${last} ${shown.at(-1)}`;
}

/** The known name nearest to a mistyped one, when it is near enough to be what was meant. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = (name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3))) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit || a.length > 64) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
