import { type Draft, idOf, readDrafts, register } from './drafts.js';
import { type DocumentPlace, type RuleFile } from './types.js';

/** A document of a rule file, whether it can be run or not. */
export interface RuleDocument extends DocumentPlace {
  kind: Draft['kind'];
  id: string;
  name: string;
  column: number;
  text: string;
  /** Where its text begins in that of the file. */
  start: number;
}

/** What rule files hold. Documents that are none of the kinds are left out. */
export function documentsIn(files: readonly RuleFile[]): RuleDocument[] {
  const drafts = readDrafts(files, []);
  register(drafts);
  return drafts.map((draft) => {
    const { file, report, root, text } = draft.header.document;
    const name = report.rule!;
    return { file, ...report.at(root), kind: draft.kind, id: idOf(draft) ?? name, name, text, start: root.range![0] };
  });
}

/** Files without these documents of theirs; lines stay where they are. A file of which nothing is left is left out. */
export function withoutDocuments(files: readonly RuleFile[], gone: readonly RuleDocument[]): RuleFile[] {
  return files.flatMap(({ file, text }) => {
    const own = gone.filter((document) => document.file === file);
    // Something has to stand there: documents that have no name go by their number.
    const left = own.reduce((rest, { start, text: { length } }) => {
      const lines = rest.slice(start, start + length).replaceAll(/[^\n]/g, ' ');
      return `${rest.slice(0, start)}~${lines.slice(1)}${rest.slice(start + length)}`;
    }, text);
    return own.length > 0 && left.split('\n').every(isBlank) ? [] : [{ file, text: left }];
  });
}

const isBlank = (line: string): boolean => /^\s*((--- *)?~?\s*(#.*)?|%.*|\.\.\.)$/.test(line);
