export { affectedRules } from './affected-rules.js';
export { type BacktestPorts, type BacktestProgress, type BacktestRequest, backtest } from './backtest.js';
export type { BacktestError, BacktestErrorCode } from './errors.js';
export { type EvidenceState, readEvidence } from './evidence.js';
export { type ExceptionProposal, proposeException } from './exception.js';
export { type Explanation, explain } from './explain.js';
export type { Mark } from './marks.js';
export { Pass, type PassChange } from './pass.js';
export { type RecountedAlert, type RecountOptions, recount } from './recount.js';
export { type AlertToReplay, type Figures, type Replayed, type ReplayOptions, replay } from './replay.js';
export { BacktestReport, type RuleReport, type Silenced } from './report.js';
export { type BacktestRun, runApart } from './run-apart.js';
export { appended, type FoundAlert, runScenario, withoutIds } from './run-scenario.js';
export {
  fixtureFiles,
  type Input,
  readScenarios,
  type Scenario,
  type ScenarioFiles,
  scenarioMark,
  scenarioOf,
  writeScenario,
} from './scenario.js';
export { type FixtureOf, type ScenarioAlert, type Verdict, verdicts } from './scenario-shape.js';
export { scenarioTester, type Tested } from './test-scenario.js';
export { checkRules, type RuleUnderTest } from './tested-rules.js';
