export type ScenarioErrorCode = 'SCENARIO_UNREADABLE';

/** What is wrong with a scenario's files: a stable code, a sentence with the place, and the facts. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  constructor(
    readonly code: ScenarioErrorCode,
    message: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

export type BacktestErrorCode =
  /** A rule is not there, or would not run. */
  | 'BACKTEST_RULE_UNKNOWN'
  /** Thresholds were given for a rule that has no single limit. */
  | 'BACKTEST_NO_LIMIT'
  /** More alerts, or more in memory, than one backtest may have. */
  | 'BACKTEST_TOO_LARGE'
  /** The thread that ran it is gone. */
  | 'BACKTEST_STOPPED';

/** Why there is no report: a stable code, a sentence with what to do, and the facts. */
export class BacktestError extends Error {
  override readonly name = 'BacktestError';
  constructor(
    readonly code: BacktestErrorCode,
    message: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export type ExceptionErrorCode =
  /** The rule is not there, or does not count the events as it is now. */
  | 'EXCEPTION_NEEDLESS'
  /** The events have nothing in common that a filter could ask about. */
  | 'EXCEPTION_IMPOSSIBLE';

/** Why no exception is proposed: a stable code, a sentence with what to do, and the facts. */
export class ExceptionError extends Error {
  override readonly name = 'ExceptionError';
  constructor(
    readonly code: ExceptionErrorCode,
    message: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}
