import type { RuleChange } from '#libs/detection';
import type { RuleFile, RuleProblem, RuleSet } from '#libs/sigma';
import type { StoredRule } from '#libs/storage';

/** The rules that run in this process. */
export interface LiveRules {
  readonly rules: RuleSet;
  /** Rule files as they were taken, with filters, mappings and placeholders. */
  readonly files: readonly RuleFile[];
  /** By id: version, state and who changed it last. */
  readonly stored: ReadonlyMap<string, StoredRule>;
  /** What became of a rule's windows when it changed last, by its id. */
  readonly changes: ReadonlyMap<string, RuleChange>;
  /** What these texts amount to, in place of the rules with these ids, among all others; problems that would be new. */
  tryTexts(
    files: readonly RuleFile[],
    replaced: readonly string[],
  ): { rules: RuleSet; problems: readonly RuleProblem[] };
  /** All rule files, with these in place of the rules with these ids. */
  filesWith(files: readonly RuleFile[], replaced: readonly string[]): RuleFile[];
  /** Takes over what has changed in the database. */
  refresh(): Promise<void>;
}
