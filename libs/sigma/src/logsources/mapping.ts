import { eventTypes } from '#libs/events';
import { Block } from '../block.js';
import { type Draft } from '../drafts.js';
import { listed, nearest, type Report } from '../problems.js';
import { type Entry, entriesOf, isMap, isScalar, itemsOf, type Node, type SourceDocument, textOf } from '../source.js';
import { type LogSource } from './logsource.js';
import { readSourceNames } from './resolve.js';

const keys = ['logsource', 'type', 'where', 'fields', 'below'];
const example = 'Write for example `mapping: {logsource: {product: acme}, type: log, below: attributes}`';

/** Reads the documents with a `mapping`: which events a log source means, and where they carry its fields. */
export function readMappings(drafts: readonly Draft[]): Map<LogSource, SourceDocument> {
  const mappings = new Map<LogSource, SourceDocument>();
  for (const { kind, header } of drafts) {
    const mapping = kind === 'mapping' ? readMapping(header) : undefined;
    if (mapping && !header.document.report.failed) mappings.set(mapping, header.document);
  }
  return mappings;
}

function readMapping(header: Block): LogSource | undefined {
  const { report } = header.document;
  const entry = header.get('mapping')!;
  if (!isMap(entry.value)) return report.problem(entry.value ?? entry.key, '`mapping` must be a mapping', example);
  const block = new Block({ ...header.document, root: entry.value });
  for (const { name, key } of entriesOf(entry.value, report))
    if (!keys.includes(name)) report.problem(key, `\`mapping\` has no key \`${name}\``, `Known: ${keys.join(', ')}`);
  const names = readSourceNames(block);
  if (names?.product === 'weir')
    report.problem(block.get('logsource')!.value, "Weir's own log sources have their fields", 'Choose another product');
  const types = block.names('type');
  const known = eventTypes.flatMap((type) => (type.internal ? [] : [type.name]));
  if (types.length === 0) report.problem(entry.value, '`mapping` has no `type`', `Use ${listed(known)}`);
  for (const { text, node } of types) {
    if (known.includes(text)) continue;
    const near = nearest(text, known);
    report.problem(
      node,
      `\`${text}\` is no event type`,
      near ? `Perhaps you meant \`${near}\`` : `Use ${listed(known)}`,
    );
  }
  const below = block.get('below') ? pathOf(block.get('below')!.value, block.get('below')!.key, report) : undefined;
  const fields = new Map<string, string>();
  for (const { name, key, value } of mapAt(block, 'fields', report)) {
    const path = pathOf(value, key, report);
    if (path) fields.set(name, path);
  }
  const where = new Map<string, string[]>();
  for (const { name, key, value } of mapAt(block, 'where', report)) {
    const values = itemsOf(value).flatMap((node) => (isScalar(node) && node.value !== null ? [textOf(node)] : []));
    if (values.length === 0) report.problem(value ?? key, 'A value is missing', 'Write `field: value` or a list');
    where.set(`data.${name}`, values);
  }
  if (!names) return undefined;
  return {
    ...names,
    types: types.map(({ text }) => text),
    where: Object.fromEntries(where),
    fields: Object.fromEntries(fields),
    ...(below ? { below } : {}),
  };
}

function mapAt(block: Block, name: string, report: Report): Entry[] {
  const entry = block.get(name);
  if (!entry) return [];
  if (isMap(entry.value)) return entriesOf(entry.value, report);
  return report.problem(entry.value ?? entry.key, `\`${name}\` must be a mapping`, example) ?? [];
}

/** A path below the event's data. */
function pathOf(value: Node | null, key: Node, report: Report): string | undefined {
  const text = isScalar(value) && value.value !== null ? textOf(value) : '';
  if (text !== '' && text.split('.').every((step) => step !== '')) return `data.${text}`;
  return report.problem(value ?? key, 'A path into the data of events is needed', 'Write names joined by single dots');
}
