/** A field put together from two: `path?query`. Can be matched, but not counted or grouped by. */
export interface JoinedField {
  join: readonly [string, string];
  separator: string;
}

/** What follows the last dot of a path. Can be matched, but not counted or grouped by. */
export interface ExtensionField {
  extensionOf: string;
}

/** Where events carry a field: a path from the event's root, or how it is put together. */
export type Located = string | JoinedField | ExtensionField;

/** Which events a Sigma `logsource` means, and where they carry the fields of its taxonomy. */
export interface LogSource {
  category?: string;
  product?: string;
  service?: string;
  /** Event types. */
  types: readonly string[];
  /** Only events whose fields (by path) meet one of these Sigma strings belong to the log source. */
  where?: Readonly<Record<string, readonly string[]>>;
  /** Field name → path from the event's root; `data` when rules name the fields of the event's data directly. */
  fields: Readonly<Record<string, Located>> | 'data';
  /** Where the fields are that `fields` doesn't name; without it there are none. */
  below?: string;
  /** Fields that Sigma knows and our events don't carry, each with what to do instead. */
  absent?: Readonly<Record<string, string>>;
}
