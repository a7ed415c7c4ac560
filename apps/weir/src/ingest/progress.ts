import { basename } from 'node:path';
import { bytes, count } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';
import type { RejectedLine, Totals } from './feed.js';
import type { InputFile } from './input.js';

const DRAW_MS = 200;
const PLAIN_LINE_MS = 10_000;
const REJECTS_SHOWN_MAX = 20;
const BAR_COLUMNS = 20;

/** Tells a person how far an ingest is: a bar where stderr is watched, a line now and then where it is not. */
export class Progress {
  readonly rejects: RejectedLine[] = [];
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  private file: InputFile | null = null;
  private waitingFor: string | null = null;

  constructor(
    private readonly terminal: Terminal,
    private readonly totals: Totals,
  ) {
    this.timer = setInterval(() => void this.draw(), terminal.watched ? DRAW_MS : PLAIN_LINE_MS);
    this.timer.unref();
  }

  get seconds(): number {
    return (performance.now() - this.startedAt) / 1_000;
  }

  reading(file: InputFile | null): void {
    this.file = file;
  }

  waiting(why: string | null): void {
    if (why && this.waitingFor === null) this.say(`Waiting: ${why}`);
    this.waitingFor = why;
  }

  rejected(line: RejectedLine): void {
    if (this.rejects.length > REJECTS_SHOWN_MAX) return;
    if (this.rejects.length < REJECTS_SHOWN_MAX) {
      this.rejects.push(line);
      this.say(`${line.file}:${line.line}: ${line.reason}`);
    } else if (this.totals.rejected > REJECTS_SHOWN_MAX) this.say('Further rejected lines are counted, not shown.');
  }

  say(text: string): void {
    this.terminal.redraw(null);
    this.terminal.note(text);
  }

  end(): void {
    clearInterval(this.timer);
    this.terminal.redraw(null);
  }

  private async draw(): Promise<void> {
    const done = this.file ? await this.file.progress().catch(() => null) : null;
    const share = done && done.of > 0 ? Math.min(1, done.read / done.of) : null;
    const rate = this.totals.accepted / Math.max(this.seconds, 0.001);
    const bar = share === null ? '' : `${'█'.repeat(Math.round(share * BAR_COLUMNS)).padEnd(BAR_COLUMNS, '░')} `;
    const percent = share === null ? '' : `${Math.floor(share * 100)} %  `;
    const facts = `${bytes(this.totals.bytes)}  ${count(this.totals.accepted)} events  ${count(rate)}/s`;
    const rejected = this.totals.rejected > 0 ? `  ${count(this.totals.rejected)} rejected` : '';
    const name = this.file ? basename(this.file.name) : '';
    if (this.terminal.watched)
      this.terminal.redraw(`${name} ${bar}${percent}${facts}${rejected}`.slice(0, this.terminal.columns - 1));
    else this.terminal.note(`${name} ${percent}${facts}${rejected}`);
  }
}
