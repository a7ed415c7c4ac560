/** A field put together from two: `path?query`. Can be matched, but not counted or grouped by. */
export interface JoinedField {
  join: readonly [string, string];
  separator: string;
}

/** Which events a Sigma `logsource` means, and where they carry the fields of its taxonomy. */
export interface LogSource {
  category?: string;
  product?: string;
  service?: string;
  /** Event types. */
  types: readonly string[];
  /** Only events whose fields (by path) have these values belong to the log source. */
  where?: Readonly<Record<string, string>>;
  /** Field name → path from the event's root; `data` when rules name the fields of the event's data directly. */
  fields: Readonly<Record<string, string | JoinedField>> | 'data';
  /** Fields that Sigma knows and our events don't carry, each with what to do instead. */
  absent?: Readonly<Record<string, string>>;
}
