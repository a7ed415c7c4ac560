import type { DataSource } from 'typeorm';
import type { KeyStore } from '#libs/auth';
import type { Clock } from '#libs/clock';
import type { Log } from '#libs/log';
import type { AlertFeed } from '#libs/storage';
import type { Recount } from './audit/compare.js';
import type { LiveRules } from './rules/live-rules.js';
import type { RuleCounters } from './rules/rule-counters.js';

export const RULES = Symbol('RULES');
export const RULE_COUNTERS = Symbol('RULE_COUNTERS');
export const ALERT_FEED = Symbol('ALERT_FEED');
export const RECOUNT = Symbol('RECOUNT');

/** What the read side needs. Whoever opened these closes them. */
export interface ApiPorts {
  log: Log;
  clock: Clock;
  database: DataSource;
  alertFeed: AlertFeed;
  keys: KeyStore;
  rules: LiveRules;
  /** What this process has counted of rules; null: it does not run them. */
  ruleCounters: (() => Promise<RuleCounters>) | null;
  /** Counts all alerts again, from the log. */
  recount: Recount;
}
