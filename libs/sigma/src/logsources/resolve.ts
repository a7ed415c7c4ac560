import { type Block } from '../block.js';
import { type FieldTable } from '../fields.js';
import { type ResolveField } from '../item.js';
import { listed, nearest, type Report } from '../problems.js';
import { joinedReader, slotReader } from '../reader.js';
import { entriesOf, isMap, isScalar, type Node, textOf } from '../source.js';
import { logSources } from './index.js';
import { type JoinedField, type LogSource } from './logsource.js';
import { envelope } from './weir.js';

const keys = ['category', 'product', 'service'] as const;
type LogSourceNames = Partial<Record<(typeof keys)[number], string>>;

/** The log source that a rule names; reports and returns undefined when Weir has no events for it. */
export function readLogSource(header: Block): LogSource | undefined {
  const { root, report } = header.document;
  const entry = header.get('logsource');
  if (!entry)
    return report.problem(
      root,
      'The rule has no `logsource`',
      'Add for example `logsource: {product: weir, service: api.call}`',
    );
  if (!isMap(entry.value))
    return report.problem(
      entry.value ?? entry.key,
      '`logsource` must be a mapping',
      'Write for example `category: webserver` below it',
    );
  const names: LogSourceNames = {};
  for (const { name, key, value } of entriesOf(entry.value, report)) {
    const wanted = keys.find((k) => k === name);
    if (!wanted) continue;
    if (isScalar(value) && value.value !== null) names[wanted] = textOf(value);
    else report.problem(value ?? key, `\`${name}\` must be text`, 'Write for example `category: webserver`');
  }
  if (report.failed) return undefined;
  const found = logSources.find((source) => keys.every((key) => source[key] === names[key]));
  return (
    found ??
    report.problem(entry.value, `Weir has no events of the log source ${describe(names)}`, logSourceHint(names))
  );
}

function describe(names: LogSourceNames): string {
  const shown = keys.filter((key) => names[key] !== undefined).map((key) => `${key}: ${names[key]}`);
  return `\`${shown.length > 0 ? shown.join(', ') : '(empty)'}\``;
}

function logSourceHint(names: LogSourceNames): string {
  if (names.product === 'weir') {
    const types = logSources.flatMap((source) => (source.product === 'weir' && source.service ? [source.service] : []));
    const near = names.service && names.category === undefined ? nearest(names.service, types) : undefined;
    return near && near !== names.service
      ? `Perhaps you meant \`service: ${near}\``
      : `With \`product: weir\`, \`service\` alone names the event type: ${types.join(', ')}`;
  }
  const others = logSources.filter((source) => source.product !== 'weir').map(describe);
  return `Known: ${others.join(', ')}, and \`product: weir\` with an event type as \`service\``;
}

/** Where events of a log source carry a field; reports and returns undefined when they don't. */
export function locateField(
  source: LogSource,
  name: string,
  at: Node | number,
  report: Report,
): string | JoinedField | undefined {
  if (source.fields === 'data') return locateOwn(name, at, report);
  const found = Object.hasOwn(source.fields, name) ? source.fields[name] : undefined;
  if (found !== undefined) return found;
  const advice = source.absent?.[name];
  if (advice !== undefined) return report.problem(at, `Events of this log source don't carry \`${name}\``, advice);
  const names = Object.keys(source.fields);
  const near = nearest(name, names);
  return report.problem(
    at,
    `The log source has no field \`${name}\``,
    near ? `Perhaps you meant \`${near}\`` : `Known: ${names.join(', ')}`,
  );
}

function locateOwn(name: string, at: Node | number, report: Report): string | undefined {
  if (name.startsWith('$'))
    return (
      envelope[name] ??
      report.problem(
        at,
        `\`${name}\` is not part of an event's envelope`,
        `Use one of ${listed(Object.keys(envelope))}`,
      )
    );
  if (name.startsWith('data.'))
    return report.problem(
      at,
      `\`${name}\` starts with \`data.\``,
      `Fields of the event's data are named without it: \`${name.slice(5)}\``,
    );
  if (name.split('.').every((step) => step !== '')) return `data.${name}`;
  return report.problem(at, `\`${name}\` is not a field name`, 'Write names joined by single dots, as `object.id`');
}

/** Readers of a log source's fields, with slots from the table. */
export function fieldResolver(source: LogSource, fields: FieldTable, report: Report): ResolveField {
  return (name, at) => {
    const located = locateField(source, name, at, report);
    if (located === undefined) return undefined;
    if (typeof located === 'string') return slotReader(name, fields.slot(located));
    return joinedReader(name, [fields.slot(located.join[0]), fields.slot(located.join[1])], located.separator);
  };
}
