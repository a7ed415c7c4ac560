import { type Block } from '../block.js';
import { type FieldTable } from '../fields.js';
import { type ResolveField } from '../item.js';
import { listed, nearest, type Report } from '../problems.js';
import { extensionReader, joinedReader, slotReader } from '../reader.js';
import { entriesOf, isMap, isScalar, type Node, textOf } from '../source.js';
import { escapeText } from '../wildcard.js';
import { logSources } from './index.js';
import { type Located, type LogSource } from './logsource.js';
import { envelope } from './weir.js';

export const sourceKeys = ['category', 'product', 'service'] as const;
export type LogSourceNames = Partial<Record<(typeof sourceKeys)[number], string>>;

/** Sigma's own field names, and those of the Elastic Common Schema, which are paths into nested JSON as such. */
export const taxonomies = ['sigma', 'ecs'];

/** The names under `logsource:`; undefined after reporting that there are none. */
export function readSourceNames(block: Block): LogSourceNames | undefined {
  const { root, report } = block.document;
  const entry = block.get('logsource');
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
    const wanted = sourceKeys.find((k) => k === name);
    if (!wanted) continue;
    if (isScalar(value) && value.value !== null) names[wanted] = textOf(value);
    else report.problem(value ?? key, `\`${name}\` must be text`, 'Write for example `category: webserver`');
  }
  if (Object.keys(names).length === 0 && !report.failed)
    return report.problem(
      entry.value,
      'The log source names neither `category` nor `product` nor `service`',
      'Write for example `category: webserver` below it',
    );
  return report.failed ? undefined : names;
}

/** Whether every name that `general` has is there in `names`, too. */
export function isWithin(names: LogSourceNames, general: LogSourceNames): boolean {
  return sourceKeys.every((key) => general[key] === undefined || general[key] === names[key]);
}

/**
 * The log source that a rule names: as a mapping of the rule set has it (the most exact one), as Weir knows it, or else
 * the `log` events that say they are of it. Reports and returns undefined what is likely a slip.
 */
export function readLogSource(header: Block, mappings: readonly LogSource[]): LogSource | undefined {
  const names = readSourceNames(header);
  if (!names) return undefined;
  const exactness = (source: LogSource) => sourceKeys.filter((key) => source[key] !== undefined).length;
  const [mapped] = mappings
    .filter((mapping) => isWithin(names, mapping))
    .toSorted((a, b) => exactness(b) - exactness(a));
  const taxonomy = header.text('taxonomy', 256) ?? 'sigma';
  const known = logSources.find((source) => sourceKeys.every((key) => source[key] === names[key]));
  if (names.product === 'weir' || (!mapped && !known && isSlip(names))) return known ?? refuseSource(header, names);
  return mapped ?? (taxonomy === 'sigma' ? known : undefined) ?? declared(names);
}

function refuseSource(header: Block, names: LogSourceNames): undefined {
  return header.document.report.problem(
    header.get('logsource')!.value,
    `Weir has no events of the log source ${describe(names)}`,
    logSourceHint(names),
  );
}

/** `log` events carry what they are of in `attributes.logsource`, and their fields beside it. */
function declared(names: LogSourceNames): LogSource {
  const where = Object.entries(names).map(([key, name]) => [`data.attributes.logsource.${key}`, [escapeText(name)]]);
  return { ...names, types: ['log'], where: Object.fromEntries(where), fields: {}, below: 'data.attributes' };
}

const ownNames = ['webserver', 'proxy', 'authentication', 'sshd', 'weir', 'windows'];

/** Nearly the name of a log source that Weir knows: it would be waited for in vain. */
function isSlip(names: LogSourceNames): boolean {
  return sourceKeys.some((key) => {
    const name = names[key];
    return name !== undefined && !ownNames.includes(name) && slipOf(name) !== undefined;
  });
}

function slipOf(name: string): string | undefined {
  return name.length > 3
    ? nearest(
        name,
        ownNames.filter((own) => Math.abs(own.length - name.length) < 2),
      )
    : undefined;
}

function describe(names: LogSourceNames): string {
  const shown = sourceKeys.filter((key) => names[key] !== undefined).map((key) => `${key}: ${names[key]}`);
  return `\`${shown.join(', ')}\``;
}

function logSourceHint(names: LogSourceNames): string {
  if (names.product !== 'weir') {
    const key = sourceKeys.find((k) => names[k] !== undefined && slipOf(names[k]) !== undefined)!;
    return `Perhaps you meant \`${key}: ${slipOf(names[key]!)}\`; if not, add a \`mapping\` for it to the rules`;
  }
  const types = logSources.flatMap((source) => (source.product === 'weir' && source.service ? [source.service] : []));
  const near = names.service && names.category === undefined ? nearest(names.service, types) : undefined;
  return near && near !== names.service
    ? `Perhaps you meant \`service: ${near}\``
    : `With \`product: weir\`, \`service\` alone names the event type: ${types.join(', ')}`;
}

/** Where events of a log source carry a field; reports and returns undefined when they don't. */
export function locateField(source: LogSource, name: string, at: Node | number, report: Report): Located | undefined {
  if (source.fields === 'data') return locateOwn(name, at, report);
  if (Object.hasOwn(source.fields, name)) return source.fields[name];
  const advice = source.absent?.[name];
  if (advice !== undefined) return report.problem(at, `Events of this log source don't carry \`${name}\``, advice);
  if (source.below !== undefined) return pathBelow(source.below, name, at, report);
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
  return pathBelow('data', name, at, report);
}

/** Deepest field name; every step is looked for in every event. */
const stepsMax = 32;

function pathBelow(below: string, name: string, at: Node | number, report: Report): string | undefined {
  const steps = name.split('.');
  if (steps.length <= stepsMax && steps.every((step) => step !== '')) return `${below}.${name}`;
  return report.problem(at, `\`${name}\` is not a field name`, 'Write names joined by single dots, as `object.id`');
}

/** Readers of a log source's fields, with slots from the table. */
export function fieldResolver(source: LogSource, fields: FieldTable, report: Report): ResolveField {
  return (name, at) => {
    const located = locateField(source, name, at, report);
    if (located === undefined) return undefined;
    if (typeof located === 'string') return slotReader(name, fields.slot(located));
    if ('extensionOf' in located) return extensionReader(name, fields.slot(located.extensionOf));
    return joinedReader(name, [fields.slot(located.join[0]), fields.slot(located.join[1])], located.separator);
  };
}
