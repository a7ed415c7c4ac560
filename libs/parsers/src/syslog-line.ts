import { parseTime } from '#libs/events';
import { monthOf } from './months.js';
import type { YearlessTime } from './syslog-time.js';

/** What a syslog daemon puts around a message. */
export interface SyslogLine {
  /** RFC 3339. */
  time: string;
  host?: string;
  program?: string;
  pid?: number;
  severity?: string;
  message: string;
}

const severities = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug'];

const rfc5424 = /^<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) \S+ (.*)$/s;
const isoStamped = /^(?:<(\d{1,3})>)?(\d{4}-\S+) (\S+) (.*)$/s;
const rfc3164 = /^(?:<(\d{1,3})>)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (\S+) (.*)$/s;
const tagged = /^([^\s:[\]]+)(?:\[(\d{1,10})\])?:(?: (.*))?$/s;

/**
 * Reads a line as rsyslog, syslog-ng and journalctl write it to files: RFC 3164 (the clock supplies year and zone), the
 * same with an ISO 8601 time, or RFC 5424. Undefined where it is none of these, or has no valid time.
 */
export function parseSyslogLine(text: string, clock: (time: YearlessTime) => number): SyslogLine | undefined {
  const structured = rfc5424.exec(text);
  if (structured !== null) {
    const [, priority, stamp, host, program, pid, rest] = structured;
    const time = isoTime(stamp);
    if (time === undefined) return undefined;
    const message = withoutStructuredData(rest);
    const number = /^\d{1,10}$/.test(pid) ? Number(pid) : undefined;
    return { time, host: known(host), program: known(program), pid: number, severity: severityOf(priority), message };
  }
  const iso = isoStamped.exec(text);
  if (iso !== null) {
    const [, priority, stamp, host, rest] = iso;
    const time = isoTime(stamp);
    return time === undefined ? undefined : { time, host, severity: severityOf(priority), ...tag(rest) };
  }
  const [, priority, month, day, hour, minute, second, host, rest] = rfc3164.exec(text) ?? [];
  if (rest === undefined) return undefined;
  const millis = clock({ month: monthOf(month), day: +day, hour: +hour, minute: +minute, second: +second });
  if (Number.isNaN(millis)) return undefined;
  return { time: new Date(millis).toISOString(), host, severity: severityOf(priority), ...tag(rest) };
}

/** `sshd[1]: text` → its parts; text without a tag is all message. */
function tag(rest: string): Pick<SyslogLine, 'program' | 'pid' | 'message'> {
  const [, program, pid, message = ''] = tagged.exec(rest) ?? [];
  if (program === undefined) return { message: rest };
  return { program, pid: pid === undefined ? undefined : Number(pid), message };
}

/** The text if it is RFC 3339, with the colon that some writers leave out of the zone. */
function isoTime(stamp: string): string | undefined {
  const time = stamp.replace(/([+-]\d{2})(\d{2})$/, '$1:$2');
  return Number.isNaN(parseTime(time)) ? undefined : time;
}

/** Drops `-` or `[id name="value" …]…` and a byte order mark. */
function withoutStructuredData(rest: string): string {
  return rest.replace(/^(?:-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)(?: \uFEFF?|$)/s, '');
}

const severityOf = (priority: string | undefined): string | undefined =>
  priority === undefined ? undefined : severities[Number(priority) % 8];

const known = (field: string): string | undefined => (field === '-' ? undefined : field);
