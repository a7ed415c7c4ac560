import type { LineParser, Outcome, Parser, StreamContext } from '#libs/parsers';
import { tooManyItems } from '../answer.js';
import type { Batch } from '../batch.js';
import { batchItemsMax } from '../limits.js';
import { endsTurn, nextTurn } from '../turn.js';

/** Reads the lines (or messages) of `bytes`, the first of which lies at `position`, into the batch. */
export async function takeBytes(
  batch: Batch,
  bytes: Buffer,
  parser: Parser,
  context: StreamContext,
  position: number,
): Promise<void> {
  // Before they are split: what lists millions of empty lines would not fit into memory.
  if (bytes.length > batchItemsMax && parser.kind === 'line') checkLines(bytes);
  const units = parser.split(bytes);
  const read = (parser as LineParser).open(context);
  for (let index = 0; index < units.length; index++) {
    const { start, end } = units[index];
    const unit = bytes.subarray(start, end);
    const outcome: Outcome | Promise<Outcome> = read(unit, position + start);
    put(batch, outcome instanceof Promise ? await outcome : outcome, index, unit);
    if (endsTurn(index)) await nextTurn();
  }
}

/** Reads the items of a JSON array: lines as text, events as objects. */
export async function takeItems(
  batch: Batch,
  items: readonly (object | string)[],
  parser: Parser,
  context: StreamContext,
): Promise<void> {
  const read = parser.open(context) as (unit: Buffer, position: number) => Outcome | Promise<Outcome>;
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    const unit = Buffer.from(typeof item === 'string' ? item : JSON.stringify(item));
    put(batch, await read(unit, index), index, unit);
    if (endsTurn(index)) await nextTurn();
  }
}

function put(batch: Batch, outcome: Outcome, index: number, unit: Buffer): void {
  if (outcome.kind === 'reject') batch.reject(outcome, index, unit);
  else for (const event of outcome.events) batch.accept(event, index, unit);
}

function checkLines(bytes: Buffer): void {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  if (lines > batchItemsMax) throw tooManyItems(lines);
}
