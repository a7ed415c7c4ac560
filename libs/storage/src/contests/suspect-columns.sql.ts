import { isCountedSql } from '../alerts/is-counted.sql.js';

/** A field of the alert `a`'s group, as text that can be compared with what tables keep. */
const field = (name: string): string => `
    (SELECT substr(term, ${name.length + 2}) FROM unnest(a.group_terms) WITH ORDINALITY AS terms (term, n)
     WHERE n % 2 = 0 AND starts_with(term, '${name}:') LIMIT 1)`;

/** Of computed.alert `a`: whom it speaks against, and where. Terms alternate: a value, then the same with its field. */
export const suspectColumns = `${field('contest')} AS contest, ${field('voter')} AS voter, ${field('ip')} AS ip, ${field('$network')} AS network,
  ${field('accountCreatedOn')} AS account_created_on, ${field('entry')} AS entry`;

/** What alerts name votes by; which have them by the same names. Of several the first finds votes, and the others must agree. */
export const namedKeys = ['voter', 'ip', 'network', 'account_created_on'] as const;

/** Alerts that speak against votes: not what was merged into another, or is only tried out, or was marked as a false positive, or no rule counted. */
export const isSuspect = `a.state <> 'merged' AND NOT a.shadow AND a.triage_verdict IS DISTINCT FROM 'false-positive'
  AND ${isCountedSql}`;
