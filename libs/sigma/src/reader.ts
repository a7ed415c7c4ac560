import { type EventView, type FieldValue } from './types.js';

/** Reads one field of a rule from an event. */
export interface FieldReader {
  /** As the rule writes it. */
  name: string;
  /** Equal for fields that are read alike. */
  key: string;
  /** The slot, when the field is one field of the event; undefined when it is put together from several. */
  slot: number | undefined;
  read(view: EventView): FieldValue;
  /** Is the field there, be it null? */
  has(view: EventView): boolean;
}

export function slotReader(name: string, slot: number): FieldReader {
  return { name, key: `${slot}`, slot, read: (view) => view.value(slot), has: (view) => view.has(slot) };
}

/** `path?query`: the second part is left out with its separator when absent or empty; absent when the first part is. */
export function joinedReader(name: string, [first, second]: readonly [number, number], separator: string): FieldReader {
  return {
    name,
    key: `${first}${separator}${second}`,
    slot: undefined,
    has: (view) => view.has(first),
    read: (view) => {
      const head = view.value(first);
      const tail = view.value(second);
      if (head === undefined || head === null || tail === undefined || tail === null || tail === '') return head;
      return `${head}${separator}${tail}`;
    },
  };
}

/** What follows the last dot of a path's last step: `php` of `/a/b.php`; absent without a dot. */
export function extensionReader(name: string, slot: number): FieldReader {
  const read = (view: EventView) => {
    const path = view.value(slot);
    return typeof path === 'string' ? /\.([^./]*)$/.exec(path)?.[1] : undefined;
  };
  return { name, key: `.${slot}`, slot: undefined, read, has: (view) => read(view) !== undefined };
}
