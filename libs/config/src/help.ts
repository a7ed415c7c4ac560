import { variables } from './variables.js';

/** Every variable with what it takes, its default and what it does: for `--help`, one block of lines. */
export function environmentHelp(): string {
  const rows = Object.values(variables);
  const width = Math.max(...rows.map((row) => row.name.length)) + 2;
  return rows
    .map((row) => {
      const preset = row.default === null ? 'not set' : row.default;
      return `  ${row.name.padEnd(width)}${row.description}\n${' '.repeat(width + 2)}(${row.kind.label}; default: ${preset})`;
    })
    .join('\n');
}

/** The same as the rows of a Markdown table: for the manual. */
export function environmentTable(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = Object.values(variables).map(
    (row) =>
      `| \`${row.name}\` | ${cell(row.kind.label)} | ${row.default === null ? '' : `\`${cell(row.default)}\``} | ${cell(row.description)} |`,
  );
  return ['| variable | takes | default | what it does |', '|---|---|---|---|', ...rows].join('\n');
}
