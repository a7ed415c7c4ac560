export interface ConfigProblem {
  readonly variable: string;
  readonly code: 'CONFIG_UNKNOWN' | 'CONFIG_INVALID' | 'CONFIG_UNSUPPORTED';
  /** One sentence: what is wrong and what to do. */
  readonly message: string;
}

/** Everything that is wrong with the environment, at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map((problem) => problem.message).join('\n'));
  }
}
