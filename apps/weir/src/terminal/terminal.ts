/** Where a command writes: results on stdout, everything else on stderr. */
export interface Terminal {
  /** `--json`: results are JSON, one document or one line each. */
  readonly json: boolean;
  /** Whether somebody watches stderr, so that a line may be drawn over. */
  readonly watched: boolean;
  /** Columns of that screen. */
  readonly columns: number;
  result(text: string): void;
  /** A piece of a result, as it is. */
  raw(text: string): void;
  /** A remark for a person; silent with `--json`. */
  note(text: string): void;
  /** Draws over the last line of stderr; null clears it. Only where it is watched. */
  redraw(text: string | null): void;
}

export function openTerminal(json: boolean): Terminal {
  const { stdout, stderr } = process;
  const watched = stderr.isTTY === true && !json;
  // `weir tail | head`: the reader has seen enough.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    json,
    watched,
    columns: stderr.columns ?? 80,
    result: (text) => void stdout.write(`${text}\n`),
    raw: (text) => void stdout.write(text),
    note: (text) => void (json || stderr.write(`${text}\n`)),
    redraw: (text) => void (watched && stderr.write(`\r\x1b[2K${text ?? ''}`)),
  };
}

/** Prints one result: as a JSON document, or as a person reads it. */
export function show(terminal: Terminal, value: unknown, asText: () => string): void {
  terminal.result(terminal.json ? JSON.stringify(value) : asText());
}
