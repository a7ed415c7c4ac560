import type { MessagePort } from 'node:worker_threads';
import type { DetectionLimits } from '#libs/detection';
import type { CatchUpState } from '#libs/stream';
import type { Counted } from '#libs/telemetry';
import type { DetectPorts } from '../../../../detect/src/index.js';
import type { RuleTexts } from '../rules/compose-rules.js';

/** What the thread of detection begins with. */
export interface ThreadData {
  log: MessagePort;
  control: MessagePort;
  options: DetectPorts['options'];
  limits: DetectionLimits;
  rules: RuleTexts;
  snapshotsDir: string;
  logLevel: string;
  /** Whether a person reads stderr. */
  isTerminal: boolean;
}

/** What the process asks of it. Calls wait until it has started. */
export interface ThreadMethods {
  /** Answers: it has joined its groups. */
  started(): void;
  /** Answers once they have taken over. */
  changeRules(rules: RuleTexts): void;
  catchUps(): Promise<CatchUpState[]>;
  counted(): Promise<Counted>;
  /** Finishes the steps under way, keeps its state and leaves its groups. */
  stop(): Promise<void>;
}
