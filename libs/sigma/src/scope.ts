import { type FieldTable } from './fields.js';
import { type Scope } from './item.js';
import { type LogSource } from './logsources/logsource.js';
import { fieldResolver } from './logsources/resolve.js';
import { type AskedPlaceholders } from './placeholders.js';
import { type SourceDocument } from './source.js';

/** What rules and filters over a log source may refer to. */
export function scopeOf(
  source: LogSource,
  fields: FieldTable,
  { report }: SourceDocument,
  placeholders: AskedPlaceholders,
): Scope {
  return { resolve: fieldResolver(source, fields, report), whole: () => fields.slot('data'), placeholders };
}
