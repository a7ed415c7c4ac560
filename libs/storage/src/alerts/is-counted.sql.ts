import { uncountedPrefixes } from '#libs/events';

/** `isCounted` of libs/events, of the alert `a`: what acts upon alerts by the names of rules means these only. */
export const isCountedSql = uncountedPrefixes.map((prefix) => `NOT starts_with(a.rule_id, '${prefix}')`).join(' AND ');
