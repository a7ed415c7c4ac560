import type { DataSource } from 'typeorm';
import type { KeyStore } from '#libs/auth';
import type { GuardOptions } from '#libs/blocking';
import type { Clock } from '#libs/clock';
import type { DetectionLimits, MatcherOptions } from '#libs/detection';
import type { Log } from '#libs/log';
import type { AlertFeed, InboxOptions } from '#libs/storage';
import type { Logger, Metrics } from '#libs/telemetry';
import type { Recount } from './audit/compare.js';
import type { LiveRules } from './rules/live-rules.js';
import type { RuleCounters } from './rules/rule-counters.js';
import type { SignIn } from './sign-in/sign-in.js';

export const RULES = Symbol('RULES');
export const RULE_COUNTERS = Symbol('RULE_COUNTERS');
export const ALERT_FEED = Symbol('ALERT_FEED');
export const NETWORKS = Symbol('NETWORKS');
export const RECOUNT = Symbol('RECOUNT');
export const GUARD = Symbol('GUARD');
export const FEEDS = Symbol('FEEDS');
export const LOGGER = Symbol('LOGGER');
export const DETECTION = Symbol('DETECTION');

/** As detection runs live: replays and backtests run alike. */
export type DetectionOptions = DetectionLimits & MatcherOptions;

export interface FeedOptions extends InboxOptions {
  /** In ranked feeds: after so long an item weighs half. */
  halfLifeMs: number;
  /** Names of rules whose open alerts demote who is named in them as `actor`. */
  demotingRules: readonly string[];
}

/** What the read side needs. Whoever opened these closes them. */
export interface ApiPorts {
  log: Log;
  clock: Clock;
  database: DataSource;
  alertFeed: AlertFeed;
  keys: KeyStore;
  signIn: SignIn;
  rules: LiveRules;
  /** Networks that are not public and that notifications may be sent to all the same. */
  networks: readonly string[];
  /** What this process has counted of rules; null: it does not run them. */
  ruleCounters: (() => Promise<RuleCounters>) | null;
  /** What decisions may not do. */
  guard: GuardOptions;
  feeds: FeedOptions;
  /** Counts all alerts again, from the log. */
  recount: Recount;
  detection: DetectionOptions;
  logger: Logger;
  metrics: Metrics;
}
