import { readDrafts, register } from './drafts.js';
import { sourcesOf, withCounted } from './excerpt.js';
import { type LogSource } from './logsources/logsource.js';
import { readMappings } from './logsources/mapping.js';
import { type LogSourceNames, readSourceNames } from './logsources/resolve.js';
import { envelope } from './logsources/weir.js';
import { type RuleFile } from './types.js';

/** A detection as a filter has to name it. */
export interface Filterable {
  name: string;
  logsource: LogSourceNames;
  /** How rules call the field at a path from the event's root, `like` so if they may; undefined: they can't ask about it. */
  nameOf(path: string, like?: string): string | undefined;
}

/** The detections that a rule is made of, by its id or name, however deep; itself where it is one. */
export function filterablesOf(files: readonly RuleFile[], idOrName: string): Filterable[] {
  const drafts = readDrafts(files, []);
  const registry = register(drafts);
  const wanted = registry.get(idOrName);
  if (wanted === undefined) return [];
  const sources = sourcesOf(drafts, readMappings(drafts));
  return withCounted(wanted, registry).flatMap(({ header }, i, all) => {
    const source = sources.get(all[i]);
    const logsource = source && readSourceNames(header);
    if (!logsource) return [];
    return {
      name: header.document.report.rule!,
      logsource,
      nameOf: (path: string, like = '') => nameAt(source, path, like),
    };
  });
}

function nameAt({ fields, below, absent }: LogSource, path: string, like: string): string | undefined {
  const inside = (root: string) => (path.startsWith(`${root}.`) ? path.slice(root.length + 1) : undefined);
  if (fields === 'data') return inside('data') ?? Object.keys(envelope).find((name) => envelope[name] === path);
  const known = [like, ...Object.keys(fields)].find((name) => Object.hasOwn(fields, name) && fields[name] === path);
  if (known !== undefined || below === undefined) return known;
  const name = inside(below);
  // The name of another field, or of none.
  return name === undefined || Object.hasOwn(fields, name) || absent?.[name] !== undefined ? undefined : name;
}
