import { type FSWatcher, statSync, watch } from 'node:fs';
import { type DetectionLimits, type DetectionPlan, planRules, type RuleChange, WindowPartition } from '#libs/detection';
import { compileRules, formatProblem, type RuleFile, type RuleProblem, type RuleSet } from '#libs/sigma';
import { listenForRules, type RuleStore, type RuleText, type StoredRule } from '#libs/storage';
import type { Logger } from '#libs/telemetry';
import { listRuleFiles, readRuleFiles } from '../rule-files.js';
import { type Composed, composeRules, infosOf, type RuleTexts, without, withStored } from './compose-rules.js';

export interface LiveRulesOptions {
  directory: string;
  store: RuleStore;
  databaseUrl: string;
  limits: DetectionLimits;
  logger: Logger;
  onProblem(error: Error): void;
}

/** An editor writes in several steps. */
const settleMs = 100;

/**
 * The rules that run, as they are now: of files and of the database. Both are watched; whatever changes takes over at
 * once, and what can't be run stays away and leaves the rest alone.
 */
export class LiveRules {
  rules: RuleSet = compileRules([]);
  files: readonly RuleFile[] = [];
  current: DetectionPlan;
  /** What `rules` are made of. */
  texts: RuleTexts = { files: [], states: [] };
  stored: ReadonlyMap<string, StoredRule> = new Map();
  /** What became of a rule's windows when it changed last, by its id. */
  readonly changes = new Map<string, RuleChange>();
  private readonly listeners: ((plan: DetectionPlan) => void | Promise<void>)[] = [];
  private taken: ReadonlyMap<string, string> = new Map();
  /** Texts of rules in files that this process has noted in the database. */
  private noted: ReadonlyMap<string, string> | null = null;
  private seen = '';
  private told = new Set<string>();
  private looking: Promise<void> = Promise.resolve();
  private settling: NodeJS.Timeout | undefined;
  private watcher: FSWatcher | undefined;
  private unlisten: (() => Promise<void>) | undefined;
  private isClosed = false;

  private constructor(private readonly options: LiveRulesOptions) {
    this.current = planRules(this.rules, options.limits);
  }

  /** Rejects where the folder can't be read or the database does not answer. */
  static async open(options: LiveRulesOptions): Promise<LiveRules> {
    const live = new LiveRules(options);
    await live.refresh();
    live.watch();
    live.unlisten = await listenForRules({
      url: options.databaseUrl,
      look: () => live.look(),
      onProblem: options.onProblem,
    });
    return live;
  }

  /** Rules count as taken over once every listener has. */
  subscribe(listener: (plan: DetectionPlan) => void | Promise<void>): void {
    this.listeners.push(listener);
  }

  /** All rule files, with these in place of the rules `replaced`. */
  filesWith(files: readonly RuleFile[], replaced: readonly string[]): RuleFile[] {
    const away = new Set(replaced);
    const stored = [...this.stored.values()].filter(({ id }) => !away.has(id));
    return [...withStored(without(this.files, away), stored), ...files];
  }

  /** What these texts amount to, in place of the rules `replaced`, among all others. */
  tryTexts(files: readonly RuleFile[], replaced: readonly string[]): { rules: RuleSet; problems: RuleProblem[] } {
    const rules = compileRules(this.filesWith(files, replaced));
    const given = new Set(files.map(({ file }) => file));
    const before = new Set(this.rules.problems.map(labelOf));
    // A text may also break rules that count on what it takes the place of.
    const problems = rules.problems.filter((problem) => given.has(problem.file) || !before.has(labelOf(problem)));
    return { rules, problems };
  }

  /** Takes over what has changed. Rejects where files can't be read or the database does not answer. */
  refresh(): Promise<void> {
    const turn = this.looking.then(() => this.reload());
    this.looking = turn.catch(() => {});
    return turn;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.settling);
    this.watcher?.close();
    await this.unlisten?.();
    await this.looking;
  }

  private look(): void {
    if (!this.isClosed) this.refresh().catch((error: Error) => this.options.onProblem(error));
  }

  private watch(): void {
    const soon = () => {
      clearTimeout(this.settling);
      this.settling = setTimeout(() => this.look(), settleMs);
    };
    try {
      this.watcher = watch(this.options.directory, { recursive: true, persistent: false }, soon);
      this.watcher.on('error', (error) => this.options.onProblem(error));
    } catch (error) {
      // The folder is looked at every few seconds, too.
      this.options.onProblem(error as Error);
    }
  }

  private async reload(): Promise<void> {
    const { directory, store } = this.options;
    if (this.isClosed) return;
    const seen = `${stampOf(directory)} ${await store.newest()}`;
    if (seen === this.seen) return;
    const files = readRuleFiles(directory);
    let stored = await store.list();
    let composed = composeRules(files, stored, this.taken);
    if (await this.note(composed, stored)) {
      stored = await store.list();
      composed = composeRules(files, stored, this.taken);
    }
    this.files = composed.files;
    this.taken = new Map(composed.files.map(({ file, text }) => [file, text]));
    this.stored = new Map(stored.map((rule) => [rule.id, rule]));
    await this.takeOver(composed);
    // As it was before: what changed meanwhile is looked at again.
    this.seen = seen;
  }

  /** Notes what files hold in the database, once: processes whose files differ must not answer each other for ever. */
  private async note({ rules, broken }: Composed, stored: readonly StoredRule[]) {
    const rows = new Map(stored.map((rule) => [rule.id, rule]));
    const own = new Set(stored.filter(({ source }) => source === 'database').map(({ file }) => file));
    const present = infosOf(rules).filter(({ file }) => !own.has(file));
    const changed = present.filter(({ id, text }) => {
      const row = rows.get(id);
      return row === undefined || (row.source === 'file' && row.text !== text && this.noted?.get(id) !== text);
    });
    const here = new Set(present.map(({ id }) => id));
    const gone = (this.noted === null ? [...rows.keys()] : [...this.noted.keys()]).filter((id) => {
      const row = rows.get(id);
      return !here.has(id) && row?.source === 'file' && !broken.has(row.file);
    });
    this.noted = new Map(present.map(({ id, text }) => [id, text]));
    const texts = changed.map(({ id, name, text, file, version }): RuleText => ({ id, name, text, file, version }));
    await this.options.store.recordFiles(texts, gone);
    return texts.length > 0 || gone.length > 0;
  }

  private async takeOver({ rules, texts }: Composed): Promise<void> {
    const isFirst = this.seen === '';
    const plan = planRules(rules, this.options.limits);
    const changes = new WindowPartition(0, this.current, { groupsMax: 1, partitions: 1 }).changePlan(plan);
    this.rules = rules;
    this.current = plan;
    this.texts = texts;
    const takenOver = Promise.all(this.listeners.map((listener) => listener(plan)));
    this.tell(rules, isFirst ? [] : changes);
    await takenOver;
  }

  private tell(rules: RuleSet, changes: readonly RuleChange[]): void {
    const { logger } = this.options;
    const untold = rules.problems.map(formatProblem).filter((problem) => !this.told.has(problem));
    for (const problem of untold) logger.warn(`Rule refused: ${problem}`);
    this.told = new Set(rules.problems.map(formatProblem));
    for (const change of changes) {
      const { rule, kind, reason } = change;
      this.changes.set(rule.id, change);
      logger.info({ rule: rule.name, id: rule.id, kind }, `Rule ${kind}: ${reason}`);
    }
  }
}

/** The same problem may be hinted at otherwise: a new rule may have a name that is nearer. */
const labelOf = ({ hint, ...problem }: RuleProblem): string => JSON.stringify(problem);

/** Another one where a rule file was changed, came or went. */
function stampOf(directory: string): string {
  return listRuleFiles(directory)
    .map((file) => {
      const { mtimeMs, size, ino } = statSync(file);
      return `${file} ${mtimeMs} ${size} ${ino}`;
    })
    .join('\n');
}
