import { invalidBody } from '../http/problems.js';

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/** A moment in ms: an RFC 3339 time, or so long before now (`-7d`). Null where it is left out. Throws a 422 problem. */
export function momentOf(field: string, text: string | undefined, nowMs: number): number | null {
  if (text === undefined) return null;
  const [, count, unit] = /^-(\d{1,9})([smhdw])$/.exec(text) ?? [];
  const ms = unit ? nowMs - Number(count) * units[unit] : instant.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms) || Math.abs(ms) > 8.64e15) {
    const message = 'must be an RFC 3339 time such as 2026-01-31T12:00:00Z, or so long ago such as -7d or -90m';
    throw invalidBody([{ field, message }]);
  }
  return ms;
}
