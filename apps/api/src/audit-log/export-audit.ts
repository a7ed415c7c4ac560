import type { DataSource } from 'typeorm';
import { type AuditEntry, type AuditFilter, readAuditLog } from '#libs/storage';

/** Entries that are in memory at once. */
const PAGE_ENTRIES = 1_000;

const COLUMNS = ['id', 'at', 'actor', 'actorName', 'action', 'subject', 'facts'] as const;

/** Every entry that the filter holds for, newest first, as lines: what is added meanwhile is not among them. */
export async function* exportAuditLog(
  database: DataSource,
  filter: AuditFilter,
  format: 'csv' | 'ndjson',
): AsyncGenerator<string> {
  if (format === 'csv') yield `${COLUMNS.join(',')}\r\n`;
  for (let last: AuditEntry | undefined; ; ) {
    const after = last ? { at: last.at.getTime(), id: last.id } : null;
    const entries = await readAuditLog(database, filter, PAGE_ENTRIES, after);
    yield entries.map(format === 'csv' ? csvLine : (entry) => `${JSON.stringify(entry)}\n`).join('');
    last = entries.at(-1);
    if (entries.length < PAGE_ENTRIES) return;
  }
}

function csvLine(entry: AuditEntry): string {
  const cells = { ...entry, at: entry.at.toISOString(), facts: JSON.stringify(entry.facts) };
  return `${COLUMNS.map((name) => csvCell(cells[name] ?? '')).join(',')}\r\n`;
}

/** As RFC 4180 has it. An apostrophe keeps spreadsheets from running what begins like a formula. */
function csvCell(text: string): string {
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
