/** What `--help` ends with: lines to try, each indented by two. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:${lines.join('')}`;
}
